package avro

import (
	"database/sql/driver"
	"reflect"
)

// nullStruct is what the types of database/sql for values that may be null have in
// common, sql.Null[V] and sql.NullString for instance: a value and Valid, and methods
// to scan and to give it.
type nullStruct interface {
	driver.Valuer
	Scan(any) error
}

var nullStructType = reflect.TypeFor[nullStruct]()

// isNullStruct reports whether t is one: such a struct holds a union of null and the
// value's type in place. What it does by its methods does not matter.
func isNullStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() == 2 && t.Field(0).IsExported() &&
		t.Field(1).Name == "Valid" && t.Field(1).Type.Kind() == reflect.Bool && reflect.PointerTo(t).Implements(nullStructType)
}
