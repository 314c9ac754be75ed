package jsonschema

import "fmt"

// DifferenceKind is what differs between a writer's and a reader's schema. The values are
// those that the schema registries use.
type DifferenceKind string

// Difference is one difference between two schemas.
type Difference struct {
	Kind DifferenceKind
	// Path is the place: #/ and the keywords, names and indexes on the way to it, such as
	// #/properties/id/maxLength. It is a place in the reader schema, or in the writer
	// schema where the reader's has it no more; what $refs lead to is at the place
	// of the $ref.
	Path string
	// Compatible is whether the policy takes it as one that does not keep the reader
	// from reading what was written.
	Compatible bool
}

// String is the path, the kind and what it means.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %s", d.Path, d.Kind, d.Kind.Description())
}

// Policy says which differences are compatible.
type Policy uint8

const (
	// Strict takes a difference as compatible if every value that the writer schema
	// allows is one that the reader schema allows.
	Strict Policy = iota
	// Lenient also takes the differences that only matter for properties which the
	// writer schema does not name: closing a content model, adding optional
	// properties to an open one.
	Lenient
)

// Compatible reports whether the policy takes differences of the kind as compatible.
func (p Policy) Compatible(kind DifferenceKind) bool {
	f := differences[kind]
	return f.verdict == compatibleChange || f.verdict == lenientChange && p == Lenient
}

// Description says in a sentence what a difference of the kind is.
func (k DifferenceKind) Description() string { return differences[k].text }

type verdict uint8

const (
	breakingChange verdict = iota
	lenientChange
	compatibleChange
)

type differenceFacts struct {
	verdict verdict
	text    string
}
