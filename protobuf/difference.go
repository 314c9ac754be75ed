package protobuf

import "fmt"

// DifferenceKind says in what two schemas differ, in the words of the schema registries.
type DifferenceKind string

// The kinds that make a reader schema incompatible.
const (
	PackageChanged             DifferenceKind = "PACKAGE_CHANGED"
	MessageRemoved             DifferenceKind = "MESSAGE_REMOVED"
	FieldKindChanged           DifferenceKind = "FIELD_KIND_CHANGED"        // scalar, message, map
	FieldScalarKindChanged     DifferenceKind = "FIELD_SCALAR_KIND_CHANGED" // scalars that are encoded in another way
	FieldNamedTypeChanged      DifferenceKind = "FIELD_NAMED_TYPE_CHANGED"
	FieldNumericLabelChanged   DifferenceKind = "FIELD_NUMERIC_LABEL_CHANGED" // repeated numbers are packed
	RequiredFieldAdded         DifferenceKind = "REQUIRED_FIELD_ADDED"
	RequiredFieldRemoved       DifferenceKind = "REQUIRED_FIELD_REMOVED"
	OneofFieldRemoved          DifferenceKind = "ONEOF_FIELD_REMOVED"
	FieldMovedToExistingOneof  DifferenceKind = "FIELD_MOVED_TO_EXISTING_ONEOF"
	MultipleFieldsMovedToOneof DifferenceKind = "MULTIPLE_FIELDS_MOVED_TO_ONEOF"
)

// The kinds that do no harm.
const (
	MessageAdded                   DifferenceKind = "MESSAGE_ADDED"
	EnumAdded                      DifferenceKind = "ENUM_ADDED"
	EnumRemoved                    DifferenceKind = "ENUM_REMOVED"
	EnumConstAdded                 DifferenceKind = "ENUM_CONST_ADDED"
	EnumConstChanged               DifferenceKind = "ENUM_CONST_CHANGED" // its name
	EnumConstRemoved               DifferenceKind = "ENUM_CONST_REMOVED"
	FieldAdded                     DifferenceKind = "FIELD_ADDED"
	FieldRemoved                   DifferenceKind = "FIELD_REMOVED"
	FieldNameChanged               DifferenceKind = "FIELD_NAME_CHANGED"
	FieldStringOrBytesLabelChanged DifferenceKind = "FIELD_STRING_OR_BYTES_LABEL_CHANGED"
	OneofAdded                     DifferenceKind = "ONEOF_ADDED"
	OneofRemoved                   DifferenceKind = "ONEOF_REMOVED"
	OneofFieldAdded                DifferenceKind = "ONEOF_FIELD_ADDED"
)

// Compatible reports whether a reader schema that differs in this reads the writer
// schema's data all the same.
func (k DifferenceKind) Compatible() bool {
	switch k {
	case MessageAdded, EnumAdded, EnumRemoved, EnumConstAdded, EnumConstChanged, EnumConstRemoved, FieldAdded, FieldRemoved, FieldNameChanged,
		FieldStringOrBytesLabelChanged, OneofAdded, OneofRemoved, OneofFieldAdded:
		return true
	}
	return false
}

var descriptions = map[DifferenceKind]string{
	MessageAdded:                   "the writer schema has no such message",
	EnumAdded:                      "the writer schema has no such enum",
	EnumRemoved:                    "the reader schema has no such enum",
	EnumConstAdded:                 "the writer schema has no such value of the enum",
	EnumConstChanged:               "the enum's value has another name",
	EnumConstRemoved:               "the reader schema has no such value of the enum",
	FieldAdded:                     "the writer schema has no such field",
	FieldRemoved:                   "the reader schema has no such field",
	FieldNameChanged:               "the field has another name",
	FieldStringOrBytesLabelChanged: "the field's label is another one, and its type string or bytes",
	OneofAdded:                     "the writer schema has no such oneof",
	OneofRemoved:                   "the reader schema has no such oneof",
	OneofFieldAdded:                "the writer schema's oneof lacks the field",
	PackageChanged:                 "the package is another one",
	MessageRemoved:                 "the reader schema has no such message",
	FieldKindChanged:               "the field's type is of another kind",
	FieldScalarKindChanged:         "the field's scalar type is encoded in another way",
	FieldNamedTypeChanged:          "the field's message or enum is another one",
	FieldNumericLabelChanged:       "the field's label is another one, and its type a number",
	RequiredFieldAdded:             "the reader schema has a required field that the writer schema lacks",
	RequiredFieldRemoved:           "the writer schema has a required field that the reader schema lacks",
	OneofFieldRemoved:              "the reader schema's oneof lacks a field of the writer schema's",
	FieldMovedToExistingOneof:      "a field stands in a oneof that was there before without it",
	MultipleFieldsMovedToOneof:     "several fields stand in one new oneof",
}

// Description is the kind in words.
func (k DifferenceKind) Description() string { return descriptions[k] }

// Difference is one thing in which a reader schema differs from a writer schema.
type Difference struct {
	Kind DifferenceKind
	Path string // "#/Message/3": of a message's field 3; "#/Message/choice/3": of the oneof choice
	// File is the path of the imported file whose message it is; empty: the schema's own.
	File string
	// Number is the field's or the enum value's; 0 where it is about neither.
	Number int64
}

// String is the file, the path, the kind and what it means.
func (d Difference) String() string {
	file := ""
	if d.File != "" {
		file = d.File + ": "
	}
	return fmt.Sprintf("%s%s: %s: %s", file, d.Path, d.Kind, d.Kind.Description())
}
