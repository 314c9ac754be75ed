package avro

import (
	"fmt"
	"slices"
	"strings"
)

// IncompatibilityKind says why a reader cannot read what a writer wrote. The values
// are those that Avro for Java and the schema registries use.
type IncompatibilityKind string

// The kinds.
const (
	NameMismatch                   IncompatibilityKind = "NAME_MISMATCH"
	FixedSizeMismatch              IncompatibilityKind = "FIXED_SIZE_MISMATCH"
	MissingEnumSymbols             IncompatibilityKind = "MISSING_ENUM_SYMBOLS"
	ReaderFieldMissingDefaultValue IncompatibilityKind = "READER_FIELD_MISSING_DEFAULT_VALUE"
	TypeMismatch                   IncompatibilityKind = "TYPE_MISMATCH"
	MissingUnionBranch             IncompatibilityKind = "MISSING_UNION_BRANCH"
	// AmbiguousAlias is not one of Java's kinds, and registries report the
	// fault without one: a reader field finds two writer fields, one by its
	// name and one by an alias or both by aliases.
	AmbiguousAlias IncompatibilityKind = "AMBIGUOUS_ALIAS"
	// TooComplex is not one of Java's kinds: the check was given up, since the
	// two schemas refer to themselves in too many combinations.
	TooComplex IncompatibilityKind = "TOO_COMPLEX"
)

// Incompatibility is one reason why a reader schema cannot read a writer schema's data.
type Incompatibility struct {
	Kind IncompatibilityKind
	// Path is the place in the reader schema, a JSON pointer such as
	// /fields/1/type/items; "/" is the whole schema. For a union it ends in
	// the index of the writer's branch, as in Avro for Java.
	Path string
	// WriterPath is the corresponding place in the writer schema.
	WriterPath string
	// Message says it in words.
	Message string
}

// String is the path, the kind and the message.
func (i Incompatibility) String() string {
	return fmt.Sprintf("%s: %s: %s", i.Path, i.Kind, i.Message)
}

// CheckCompatibility lists every reason why data written with the writer schema
// cannot be read with the reader schema; none means that it always can.
// The rules are those of Avro 1.12, "Schema Resolution", as Avro for Java
// checks them: named types match by their names without namespace, or when
// an alias of the reader's is the writer's full name.
func CheckCompatibility(writer, reader *Schema) []Incompatibility {
	c := checker{results: make(map[typePair]*pairResult), fields: make(map[*Schema]map[string]int)}
	found := list(c.pair(writer, reader, pairPlace{}))
	if c.steps > maxSteps || len(c.results) > maxPairs {
		found = append(found, Incompatibility{TooComplex, "/", "/", "the schemas refer to themselves in too many combinations to check them all"})
	}
	return found
}

func (c *checker) check(res *pairResult, w, r *Schema, at pairPlace) {
	switch {
	case w.kind == Union:
		c.checkWriterUnion(res, w, r, at)
	case r.kind == Union:
		c.checkReaderUnion(res, w, r, at)
	case w.kind != r.kind:
		if !promotes(w.kind, r.kind) {
			c.add(res, TypeMismatch, at, "reader type %s cannot read writer type %s", describe(r), describe(w))
		}
	case r.kind == Array:
		c.merge(res, w.items, r.items, at.to("items"))
	case r.kind == Map:
		c.merge(res, w.items, r.items, at.to("values"))
	case r.kind.isNamed():
		if !namesMatch(w, r) {
			c.add(res, NameMismatch, at.to("name"), "the writer's is named %s, the reader's %s", excerpt(w.name.String()), excerpt(r.name.String()))
		}
		switch r.kind {
		case Fixed:
			if w.size != r.size {
				c.add(res, FixedSizeMismatch, at.to("size"), "the writer's has %d bytes, the reader's %d", w.size, r.size)
			}
		case Enum:
			c.checkSymbols(res, w, r, at)
		case Record:
			c.checkFields(res, w, r, at)
		}
	}
}

// checkWriterUnion: the reader must be able to read every branch.
func (c *checker) checkWriterUnion(res *pairResult, w, r *Schema, at pairPlace) {
	for i, b := range w.branches {
		branch := pairPlace{at.writer.index(i), at.reader.index(i)}
		if r.kind != Union {
			c.merge(res, b, r, branch)
		} else if c.probe(b, r, branch).fails() {
			c.add(res, MissingUnionBranch, branch, "no branch of the reader's union reads the writer's %s", describe(b))
		}
	}
}

// checkReaderUnion: some branch must be able to read what the writer wrote.
func (c *checker) checkReaderUnion(res *pairResult, w, r *Schema, at pairPlace) {
	for i, b := range r.branches {
		if !c.probe(w, b, pairPlace{at.writer, at.reader.index(i)}).fails() {
			return
		}
	}
	c.add(res, MissingUnionBranch, at, "no branch of the reader's union reads the writer's %s", describe(w))
}

func (c *checker) checkSymbols(res *pairResult, w, r *Schema, at pairPlace) {
	if r.fallback != "" {
		return
	}
	has := make(map[string]bool, len(r.symbols))
	for _, s := range r.symbols {
		has[s] = true
	}
	var missing []string
	for _, s := range w.symbols {
		if !has[s] {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.Sort(missing)
	const most = 8
	more := ""
	if n := len(missing) - most; n > 0 {
		missing, more = missing[:most], fmt.Sprintf(" and %d more", n)
	}
	for i, s := range missing {
		missing[i] = excerpt(s)
	}
	c.add(res, MissingEnumSymbols, at.to("symbols"), "the reader's enum lacks the symbols %s%s, and has no default", strings.Join(missing, ", "), more)
}

func (c *checker) checkFields(res *pairResult, w, r *Schema, at pairPlace) {
	for i := range r.fields {
		f := &r.fields[i]
		here := pairPlace{at.writer, at.reader.to("fields").index(i)}
		j, ambiguous := c.writerField(w, f)
		switch {
		case ambiguous:
			c.add(res, AmbiguousAlias, here, "the reader's field %s, with its aliases, matches two fields of the writer", excerpt(f.name))
		case j >= 0:
			writerPlace := at.writer.to("fields").index(j)
			c.merge(res, w.fields[j].typ, f.typ, pairPlace{writerPlace.to("type"), here.reader.to("type")})
		case f.defaultJSON != nil:
		case f.typ.kind == Enum && f.typ.fallback != "":
			// Java's check holds the enum against the writer's record here.
			c.add(res, TypeMismatch, pairPlace{at.writer, here.reader.to("type")}, "the writer has no field %s, and an enum's default is no default of the field", excerpt(f.name))
		default:
			c.add(res, ReaderFieldMissingDefaultValue, here, "the writer has no field %s, and the reader's has no default", excerpt(f.name))
		}
	}
}

// writerField is the position of the writer's field that the reader's field f
// reads, -1 when there is none.
func (c *checker) writerField(w *Schema, f *Field) (i int, ambiguous bool) {
	index := c.fields[w]
	if index == nil {
		index = make(map[string]int, len(w.fields))
		for i := range w.fields {
			index[w.fields[i].name] = i
		}
		c.fields[w] = index
	}
	found := -1
	if i, ok := index[f.name]; ok {
		found = i
	}
	for _, alias := range f.aliases {
		if i, ok := index[alias]; ok && i != found {
			if found >= 0 {
				return -1, true
			}
			found = i
		}
	}
	return found, false
}

// namesMatch reports whether the reader's named type stands for the writer's.
func namesMatch(w, r *Schema) bool {
	return w.name.Local == r.name.Local || slices.Contains(r.aliases, w.name)
}

// promotes reports whether a reader of kind r reads data of another kind w (Avro
// 1.12, "Schema Resolution").
func promotes(w, r Kind) bool {
	switch w {
	case Int:
		return r == Long || r == Float || r == Double
	case Long:
		return r == Float || r == Double
	case Float:
		return r == Double
	case String:
		return r == Bytes
	case Bytes:
		return r == String
	}
	return false
}
