package avro

import "encoding/json"

// Kind is one of the types of Avro's schema language (Avro 1.12, "Schema Declaration").
type Kind uint8

// The kinds: eight primitive, six complex.
const (
	Null Kind = iota
	Boolean
	Int
	Long
	Float
	Double
	Bytes
	String
	Record
	Enum
	Array
	Map
	Union
	Fixed
)

var kindNames = [...]string{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	"record", "enum", "array", "map", "union", "fixed",
}

// String is the kind as schemas spell it.
func (k Kind) String() string { return kindNames[k] }

// Name is the name of a record, enum or fixed.
type Name struct {
	Namespace string // empty for the null namespace
	Local     string
}

// String is the full name: the namespace, a dot and the local name.
func (n Name) String() string {
	if n.Namespace == "" {
		return n.Local
	}
	return n.Namespace + "." + n.Local
}

// Schema is a parsed Avro schema, or one type within it. It is immutable and
// safe for concurrent use. A recursive type contains itself: walkers must
// remember the named types they have seen.
type Schema struct {
	kind     Kind
	name     Name
	aliases  []Name
	doc      string
	hasDoc   bool      // an empty doc is kept too
	fields   []Field   // record, in the order of the text
	isError  bool      // a record declared as "error"
	items    *Schema   // array items, map values
	branches []*Schema // union
	symbols  []string  // enum
	fallback string    // the enum's default symbol
	size     int       // fixed, in bytes
	logical  Logical
	props    []Property
}

// Field is a field of a record.
type Field struct {
	name    string
	doc     string
	hasDoc  bool
	aliases []string
	order   string // "ascending", "descending" or "ignore"; empty when the text has none
	typ     *Schema
	props   []Property

	defaultJSON json.RawMessage // as the text has it; nil when there is none
	defaultWire []byte          // the same as an Avro datum of typ; nil also where an unchecked default is none
}

// Property is an attribute of a schema or field that the specification does not
// define. Value is JSON, as the text has it.
type Property struct {
	Name  string
	Value json.RawMessage
}

// Logical is a logical type that is valid for the type it stands on; one that is
// not valid, or not known, is no logical type (Avro 1.12, "Logical Types").
type Logical struct {
	Type      LogicalType // empty: none
	Precision int         // decimal
	Scale     int         // decimal
}

// LogicalType is the name of a logical type.
type LogicalType string

// The logical types of Avro 1.12.
const (
	Decimal              LogicalType = "decimal"
	UUID                 LogicalType = "uuid"
	Date                 LogicalType = "date"
	TimeMillis           LogicalType = "time-millis"
	TimeMicros           LogicalType = "time-micros"
	TimestampMillis      LogicalType = "timestamp-millis"
	TimestampMicros      LogicalType = "timestamp-micros"
	TimestampNanos       LogicalType = "timestamp-nanos"
	LocalTimestampMillis LogicalType = "local-timestamp-millis"
	LocalTimestampMicros LogicalType = "local-timestamp-micros"
	LocalTimestampNanos  LogicalType = "local-timestamp-nanos"
	Duration             LogicalType = "duration"
)

// Kind is the type's kind.
func (s *Schema) Kind() Kind { return s.kind }

// Name is the name of a record, enum or fixed, and the zero Name of other kinds.
func (s *Schema) Name() Name { return s.name }

// Aliases are the other names under which a reader accepts a writer's type.
func (s *Schema) Aliases() []Name { return append([]Name(nil), s.aliases...) }

// Doc is the documentation of a named type.
func (s *Schema) Doc() string { return s.doc }

// Fields are the fields of a record, in the order in which they are written.
func (s *Schema) Fields() []Field { return append([]Field(nil), s.fields...) }

// Items is the type of an array's items or of a map's values, nil for other kinds.
func (s *Schema) Items() *Schema { return s.items }

// Branches are the types of a union, in order.
func (s *Schema) Branches() []*Schema { return append([]*Schema(nil), s.branches...) }

// Symbols are the symbols of an enum, in order.
func (s *Schema) Symbols() []string { return append([]string(nil), s.symbols...) }

// EnumDefault is the symbol that a reader puts in place of one it does not know;
// empty when the enum has none.
func (s *Schema) EnumDefault() string { return s.fallback }

// IsError reports whether a record is declared as "error", as those are that a
// protocol's messages may answer.
func (s *Schema) IsError() bool { return s.isError }

// Size is the length of a fixed, in bytes.
func (s *Schema) Size() int { return s.size }

// Logical is the logical type, zero when there is none.
func (s *Schema) Logical() Logical { return s.logical }

// Properties are the attributes that the specification does not define, in the
// order of the text.
func (s *Schema) Properties() []Property { return append([]Property(nil), s.props...) }

// Name is the field's name.
func (f *Field) Name() string { return f.name }

// Doc is the field's documentation.
func (f *Field) Doc() string { return f.doc }

// Aliases are the other names under which a reader finds a writer's field.
func (f *Field) Aliases() []string { return append([]string(nil), f.aliases...) }

// Type is the field's type.
func (f *Field) Type() *Schema { return f.typ }

// Order is "ascending", "descending" or "ignore": how the field counts when
// records are sorted.
func (f *Field) Order() string {
	if f.order == "" {
		return "ascending"
	}
	return f.order
}

// Default is the default value as JSON, nil when there is none.
func (f *Field) Default() json.RawMessage { return append(json.RawMessage(nil), f.defaultJSON...) }

// Properties are the attributes that the specification does not define.
func (f *Field) Properties() []Property { return append([]Property(nil), f.props...) }
