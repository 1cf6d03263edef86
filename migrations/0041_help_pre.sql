-- The knowledge base, in tenant 0.

create table kb_articles (                -- read model; one that was removed stays, to be told apart from none
    tenant_id    bigint      not null,
    id           bigint      not null,
    group_id     bigint      not null,    -- of its translations
    locale       text        not null,
    slug         text        not null,
    title        text        not null,
    category     text        not null,
    body         text        not null,    -- Markdown
    html         text        not null,    -- safe as it is
    text         text        not null,    -- plain words
    is_published boolean     not null,
    version      integer     not null,
    author_id    bigint      not null,
    folded_title text        not null,    -- for the search: without case, accents and plurals
    folded_text  text        not null,
    updated_at   timestamptz not null,
    removed_at   timestamptz,
    words        tsvector generated always as (
        setweight(to_tsvector('simple', folded_title), 'A') || setweight(to_tsvector('simple', folded_text), 'D')
    ) stored,
    primary key (tenant_id, id)
);
create index kb_articles_public on kb_articles (locale, category, title) where is_published and removed_at is null;
create index kb_articles_words on kb_articles using gin (words) where is_published and removed_at is null;
create index kb_articles_group on kb_articles (group_id);

create table kb_names (                   -- read model; each name that leads to an article, old ones too
    tenant_id  bigint not null,
    locale     text   not null,
    slug       text   not null,
    article_id bigint not null,
    primary key (tenant_id, locale, slug)
);

create table kb_versions (                -- read model
    tenant_id  bigint      not null,
    article_id bigint      not null,
    version    integer     not null,
    title      text        not null,
    slug       text        not null,
    body       text        not null,
    category   text        not null,
    author_id  bigint      not null,
    at         timestamptz not null,
    primary key (tenant_id, article_id, version)
);

create table kb_votes (                   -- whether an article was of help, counted a day
    tenant_id  bigint  not null,
    article_id bigint  not null,
    day        date    not null,
    yes        integer not null,
    no         integer not null,
    primary key (tenant_id, article_id, day)
);
