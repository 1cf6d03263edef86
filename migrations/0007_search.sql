-- Searching what was written: words without accents and case, of one tenant.

-- The tenant is a word of the index, too: looking for one tenant's words never reads another's.
create function searchable(tenant bigint, words text) returns tsvector
    language sql immutable parallel safe
    return to_tsvector('simple', 'tenant' || tenant || ' ' || translate(lower(left(words, 4096)),
        'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĳĵķĺļľŀńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơưǆǉǌǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǳǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳ',
        'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiiijkllllnnnooorrrssssttuuuuuuwyzzzoudlnaiouuuuuaagkoojdgnaaaeeiioorruusthaeooooy'));

create index messages_words on messages using gin (searchable(tenant_id, body)) where body is not null;
