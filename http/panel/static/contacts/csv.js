// A CSV file as a person has it: how it is written, what its first line says, and the same with other names in that line.

const SEPARATORS = [",", ";", "\t"];

/** The text of a file in UTF-8, UTF-16 or Latin-1. */
export function decoded(bytes) {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The first lines of a text in cells, and where the second one begins: `{separator, lines, rest}`. */
export function beginning(text, most = 4) {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const separator = SEPARATORS.map((each) => [each, first.split(each).length]).sort((one, other) => other[1] - one[1])[0][0];
  const lines = [];
  let cells = [""];
  let quoted = false;
  let rest = text.length;
  for (let at = 0; at < text.length && lines.length < most; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cells[cells.length - 1] += sign;
      else if (text[at + 1] === '"') cells[cells.length - 1] += text[(at += 1)];
      else quoted = false;
    } else if (sign === '"' && cells.at(-1) === "") quoted = true;
    else if (sign === separator) cells.push("");
    else if (sign === "\n") {
      lines.push(cells);
      if (lines.length === 1) rest = at + 1;
      cells = [""];
    } else if (sign !== "\r") cells[cells.length - 1] += sign;
  }
  if (lines.length < most && cells.join("") !== "") lines.push(cells);
  return { separator, lines, rest };
}

/** The text with these names in its first line. */
export function renamed(text, names, { separator, rest }) {
  return `${names.map((name) => (/["\n]|[,;\t]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(separator)}\n${text.slice(rest)}`;
}

const KNOWN = {
  phone: /^((contact|primary|home|business|other|no d[eo]|numero d[eo]) )?(phone|tel|telephone|mobile|cell|whatsapp|celular|telefone|telefono|movil|movel|telemovel|fone)( (phone|mobile|whatsapp|celular|movil|movel))?( (number|com ddd|value|valor|principal|residencial|comercial|particular|del trabajo))?$|^(numero|number)$/,
  name: /^((full|contact|display|client|customer) )?(name|nome|nombre|contact|contato|contacto|customer|client|cliente)( completo| d[eo]l? (cliente|contat?c?to))?$|^raz(ao|on) social$/,
  first_name: /^(first|given) name$|^primeiro nome$|^nome proprio$|^primer nombre$/,
  middle_name: /^(middle|additional) name$|^nome do meio$|^segundo (nome|nombre)$/,
  last_name: /^(last|family) name$|^surname$|^(sobre|ultimo )nome$|^apellidos?$/,
  notes: /^(notes?|notas?|comments?|remarks|obs|observa(cao|coes|cion|ciones)|comentarios?|anota(coes|ciones))$/,
  labels: /^(labels?|tags?|etiquetas?|rotulos?|marcador(es)?|categor(ies|ias))$/,
};

/** A name without signs, accents and the number that address books give their columns: "Phone 1 - Value" → "phone value". */
function plainly(name) {
  const bare = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return bare.replace(/[^\p{L}]+/gu, " ").trim();
}

/** What a column of this name probably is: one of the above, a custom field's key, or nothing. */
export function guessed(name, fields) {
  const plain = name.replace(/^\uFEFF/, "").trim().toLowerCase();
  const own = fields.find((each) => [each.name.toLowerCase(), each.key, `custom_fields.${each.key}`].includes(plain));
  if (own) return `custom_fields.${own.key}`;
  return Object.keys(KNOWN).find((each) => KNOWN[each].test(plainly(name))) ?? "";
}

/** What all columns probably are. Nothing is there twice but numbers: the first that is filled in counts. */
export function guesses(names, fields) {
  const taken = new Set();
  return names.map((name) => {
    const guess = guessed(name, fields);
    const is = !taken.has(guess) ? guess : guess === "phone" ? "other_phone" : "";
    taken.add(is);
    return is;
  });
}
