// Package avrogen writes Go code for Avro schemas: the types, and methods that
// write and read them without a plan.
package avrogen

import "github.com/concord-go/concord/avro"

// Package is what is generated into one directory.
type Package struct {
	Name  string
	Files []*File
}

// File is one Go file: the types that one schema file defines.
type File struct {
	Name   string // of the Go file
	Source string // of the schema file, without its directory
	Types  []Type // in the order of the schema's text
}

// Type is a declaration: a [*Record], [*Enum], [*Fixed] or [*Union].
type Type interface{ declared() string }

// Record is a struct.
type Record struct {
	GoName string
	Schema *avro.Schema
	Doc    string // as the schema has it
	Fields []*Field
	Text   string // the whole schema, with all that it refers to
	// Recursive says that a value may contain others of its own type.
	Recursive bool
	// Unions are those that its fields hold, directly or within arrays, maps and other
	// unions, but not within other records.
	Unions []*Union
}

// Field is a field of a struct.
type Field struct {
	GoName string
	Name   string // in the schema
	Doc    string
	Tag    string // what stands in avro:"...", the name and its aliases
	Value  *Value
}

// Enum is a string type with a constant for each symbol.
type Enum struct {
	GoName  string
	Schema  *avro.Schema
	Doc     string
	Symbols []Symbol
	Text    string
}

// Symbol is a constant of an enum.
type Symbol struct {
	GoName string // of the constant
	Name   string // in the schema
}

// Fixed is an array of bytes.
type Fixed struct {
	GoName string
	Schema *avro.Schema
	Doc    string
	Size   int
	Text   string
}

// Union is an interface for a union with several types besides null, which is the
// nil interface. It is sealed by the method Seal.
type Union struct {
	GoName   string
	Schema   *avro.Schema
	Seal     string // isEventPayload
	Branches []*Branch
}

// Branch is a type that a union may hold.
type Branch struct {
	GoType  string // what implements the interface: EventPayloadString, *Click, Color, Hash
	Name    string // of the schema's branch: string, com.acme.Click
	Index   int    // in the schema's union, which counts null too
	Wrapper bool   // the type is declared for this union alone, upon Value.Go
	Value   *Value // of the branch itself; of a record the struct, not the pointer
}

func (r *Record) declared() string { return r.GoName }
func (e *Enum) declared() string   { return e.GoName }
func (f *Fixed) declared() string  { return f.GoName }
func (u *Union) declared() string  { return u.GoName }

// Value is how a type of a schema stands in Go.
type Value struct {
	Shape  Shape
	Schema *avro.Schema
	Go     string // the Go type: string, []Item, *int64, time.Time

	Record *Record
	Enum   *Enum
	Fixed  *Fixed
	Union  *Union

	// Elem is of an array the items, of a map the values, of Optional and Single
	// the branch that is not null.
	Elem *Value
	// Null is the index of null in an Optional's or a Union's schema, -1 where a
	// union has none.
	Null int
}

// Shape is the way of a value between Go and the wire.
type Shape uint8

const (
	Null           Shape = iota // struct{}
	Boolean                     // bool
	Int                         // int32
	Long                        // int64
	Float                       // float32
	Double                      // float64
	Bytes                       // []byte
	String                      // string, uuid as a string included
	Time                        // time.Time: date, timestamps
	Clock                       // time.Duration: time-millis, time-micros
	DecimalNumber               // big.Rat, on bytes or a fixed
	CalendarPeriod              // avro.CalendarDuration: duration
	RecordValue                 // a struct
	EnumValue                   // a string type
	FixedValue                  // an array of bytes
	Array                       // a slice
	Map                         // map[string]
	Optional                    // a pointer: null and one other type
	OptionalNil                 // the same where the other is a slice, map or []byte, of which nil is null
	Single                      // a union of one type, which is that type
	UnionValue                  // an interface
)
