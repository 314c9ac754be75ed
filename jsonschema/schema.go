package jsonschema

import "strings"

// Draft is a version of JSON Schema.
type Draft uint8

// The drafts that this package reads.
const (
	Draft7       Draft = iota // the default, also for a $schema that is not known
	Draft4                    // http://json-schema.org/draft-04/schema
	Draft6                    // http://json-schema.org/draft-06/schema
	Draft2019_09              // https://json-schema.org/draft/2019-09/schema
	Draft2020_12              // https://json-schema.org/draft/2020-12/schema
)

var draftURLs = map[Draft]string{
	Draft4:       "http://json-schema.org/draft-04/schema",
	Draft6:       "http://json-schema.org/draft-06/schema",
	Draft7:       "http://json-schema.org/draft-07/schema",
	Draft2019_09: "https://json-schema.org/draft/2019-09/schema",
	Draft2020_12: "https://json-schema.org/draft/2020-12/schema",
}

// String is the draft's URL, without the empty fragment.
func (d Draft) String() string { return draftURLs[d] }

// draftOf is the draft that a $schema names.
func draftOf(url string) Draft {
	for d, u := range draftURLs {
		if rest, ok := strings.CutPrefix(url, u); ok && (rest == "" || rest == "#") {
			return d
		}
	}
	return Draft7
}

// modern reports whether the draft has vocabularies: $defs, prefixItems, and keywords
// beside a $ref.
func (d Draft) modern() bool { return d == Draft2019_09 || d == Draft2020_12 }

// Schema is a JSON Schema that was read. It is immutable and safe for concurrent use.
type Schema struct {
	doc        *value
	draft      Draft
	root       *node
	references []Reference // all that it refers to by name, directly or not, the direct ones first
}

// Reference is a schema that another one refers to by a name: the registry's references.
type Reference struct {
	// Name is what a $ref calls it, such as "address.json" or
	// "https://example.com/address.json".
	Name   string
	Schema *Schema
}

// Draft is the version of JSON Schema that the schema is written in.
func (s *Schema) Draft() Draft { return s.draft }

// Title is the schema's own title, empty when there is none: the record name of
// subject strategies.
func (s *Schema) Title() string { return s.text("title") }

// Description is the schema's own description, empty when there is none.
func (s *Schema) Description() string { return s.text("description") }

func (s *Schema) text(key string) string {
	if v := s.doc.get(key); v != nil && v.kind == stringValue {
		return v.text
	}
	return ""
}

// Properties are the names of the schema's own properties, in the order of the text:
// none if it is no schema of an object.
func (s *Schema) Properties() []string {
	v := s.doc.get("properties")
	if v == nil || v.kind != objectValue {
		return nil
	}
	return append([]string(nil), v.keys...)
}

// String is the schema as compact JSON: members in the order of the text, of equal names the
// last one, numbers with all their digits, strings with no more escapes than needed. It is
// the form in which schema registries keep and return a schema.
func (s *Schema) String() string { return string(appendValue(nil, s.doc, false)) }

// Normalized is String with the members of all objects sorted by name, so that texts in
// different layouts become equal.
func (s *Schema) Normalized() string { return string(appendValue(nil, s.doc, true)) }
