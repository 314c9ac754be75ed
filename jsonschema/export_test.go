package jsonschema

import (
	"maps"
	"reflect"
	"slices"
)

// AllKinds are all kinds of differences, for tests.
func AllKinds() []DifferenceKind { return slices.Sorted(maps.Keys(differences)) }

// Accepts reports what the fast path says of a text that is known to be JSON; covered is false
// where the schema is outside of it.
func (v *Validator) Accepts(text []byte) (accepts, covered bool) {
	if v.accept == nil {
		return false, false
	}
	return v.accept.accepts(text), true
}

// Explain is the engine's answer alone.
func (v *Validator) Explain(text []byte) error { return v.explain(text) }

// SchemaForTag derives a schema of a struct whose one field has the tag.
func SchemaForTag(tag string) (string, error) {
	return deriveSchema(reflect.StructOf([]reflect.StructField{{Name: "F", Type: reflect.TypeFor[string](), Tag: reflect.StructTag(`jsonschema:"` + tag + `"`)}}))
}
