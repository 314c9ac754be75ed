package avro

import (
	"reflect"
	"strconv"
)

// derive writes the schema of t. logical is what the tag of the field asks for.
func (d *deriver) derive(t reflect.Type, logical Logical, goPath string, depth int) error {
	if depth > maxGoDepth {
		return newTypeError(goPath, "the type is nested too deeply")
	}
	if c := d.conversions[t]; c != nil {
		return d.derive(c.to, logical, goPath, depth+1)
	}
	if u := d.unions[t]; u != nil {
		return d.union(u, logical, goPath, depth)
	}
	switch {
	case t == calendarType:
		return d.calendar(logical, goPath)
	case logical.Type == Decimal && (t.Kind() == reflect.Int64 || t.Kind() == reflect.String):
		d.logical(logical)
		return nil
	case isNullStruct(t):
		return d.optional(t.Field(0).Type, logical, goPath, depth)
	case t == ratType, t.Kind() == reflect.Pointer && t.Elem() == ratType:
		return d.decimal(t, logical, goPath)
	case t.Kind() == reflect.Pointer:
		return d.optional(t.Elem(), logical, goPath, depth)
	case t.Implements(schemaerType) || reflect.PointerTo(t).Implements(schemaerType):
		return d.own(t, logical, goPath)
	case t == timeType:
		return d.time(logical, goPath)
	case t == durationType:
		if logical.Type != TimeMillis && logical.Type != TimeMicros {
			return newTypeError(goPath, "a time.Duration needs time-millis or time-micros in its tag")
		}
		d.logical(logical)
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		if logical != (Logical{}) {
			return badLogical(t, logical, goPath)
		}
		return d.record(t, goPath, depth)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return d.byteSequence(t, logical, goPath)
		}
		d.raw(`{"type":"array","items":`)
		if err := d.derive(t.Elem(), logical, goPath+"[]", depth+1); err != nil {
			return err
		}
		d.raw("}")
		return nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return newTypeError(goPath, "a map's keys must be strings, not %s", t.Key())
		}
		d.raw(`{"type":"map","values":`)
		if err := d.derive(t.Elem(), logical, goPath+"[*]", depth+1); err != nil {
			return err
		}
		d.raw("}")
		return nil
	}
	return d.scalar(t, logical, goPath)
}

func (d *deriver) scalar(t reflect.Type, logical Logical, goPath string) error {
	var k Kind
	switch t.Kind() {
	case reflect.Bool:
		k = Boolean
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16:
		k = Int
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		k = Long
	case reflect.Float32:
		k = Float
	case reflect.Float64:
		k = Double
	case reflect.String:
		k = String
	default:
		return newTypeError(goPath, "%s has no Avro type: use another type, leave the field out with avro:\"-\", or give the type a method AvroSchema() string", t)
	}
	switch {
	case logical == (Logical{}):
		d.quoted(k.String())
	case logicalKind(logical.Type) == k:
		d.logical(logical)
	default:
		return badLogical(t, logical, goPath)
	}
	return nil
}

// optional writes what a pointer to a t is: a union with null first.
func (d *deriver) optional(t reflect.Type, logical Logical, goPath string, depth int) error {
	d.raw(`["null",`)
	start := len(d.dst)
	if err := d.derive(t, logical, goPath, depth+1); err != nil {
		return err
	}
	if d.dst[start] == '[' {
		return newTypeError(goPath, "a pointer to a type that is a union itself cannot be told from it")
	}
	d.raw("]")
	return nil
}

// union writes null, for the nil interface, and the types of an interface.
func (d *deriver) union(u *UnionType, logical Logical, goPath string, depth int) error {
	if u.err != nil {
		return newTypeError(goPath, "%v", u.err)
	}
	d.raw(`["null"`)
	for i := range u.branches {
		t := u.branches[i].typ
		if t.Kind() == reflect.Pointer && t.Elem() != ratType {
			t = t.Elem()
		}
		d.raw(",")
		start := len(d.dst)
		if err := d.derive(t, logical, goPath, depth+1); err != nil {
			return err
		}
		if d.dst[start] == '[' {
			return newTypeError(goPath, "%s is a union itself, which cannot stand in another", t)
		}
	}
	d.raw("]")
	return nil
}

func (d *deriver) time(logical Logical, goPath string) error {
	if logical == (Logical{}) {
		logical.Type = TimestampMillis
	}
	switch logical.Type {
	case Date, TimestampMillis, TimestampMicros, TimestampNanos, LocalTimestampMillis, LocalTimestampMicros, LocalTimestampNanos:
		d.logical(logical)
		return nil
	}
	return badLogical(timeType, logical, goPath)
}

func (d *deriver) decimal(t reflect.Type, logical Logical, goPath string) error {
	if logical.Type != Decimal {
		return newTypeError(goPath, "a %s needs its precision and scale in the tag, such as decimal(9,2)", t)
	}
	d.logical(logical)
	return nil
}

// byteSequence writes []byte and [N]byte.
func (d *deriver) byteSequence(t reflect.Type, logical Logical, goPath string) error {
	switch {
	case t.Kind() == reflect.Slice && logical == Logical{}:
		d.quoted("bytes")
		return nil
	case t.Kind() == reflect.Slice && logical.Type == Decimal:
		d.logical(logical)
		return nil
	case t.Kind() == reflect.Array && logical.Type == UUID && t.Len() == 16:
		d.logical(logical)
		return nil
	case t.Kind() == reflect.Slice || logical != Logical{}:
		return badLogical(t, logical, goPath)
	}
	name := Name{Local: goName(t)}
	if t.Name() == "" { // all [N]byte of one N are one type
		name.Local = "Bytes" + strconv.Itoa(t.Len())
	}
	done, err := d.claim(t, name, goPath)
	if done || err != nil {
		return err
	}
	d.openNamed("fixed", t, nil)
	d.raw(`,"size":` + strconv.Itoa(t.Len()) + "}")
	return nil
}

// own writes the schema that the type brings.
func (d *deriver) own(t reflect.Type, logical Logical, goPath string) error {
	if logical != (Logical{}) {
		return newTypeError(goPath, "the type has a schema of its own (its method AvroSchema): the tag cannot set a logical type")
	}
	text, err := ownSchema(t)
	if err != nil {
		return newTypeError(goPath, "%v", err)
	}
	s, err := Parse(text)
	if err != nil {
		return newTypeError(goPath, "the method AvroSchema returns no valid schema: %v", err)
	}
	if s.kind.isNamed() {
		if s.name.Namespace == "" && d.namespace != "" {
			// An unqualified name is in the namespace asked for, as all derived types are.
			if s, err = Parse(`{"type":"record","name":"Namespace","namespace":` + string(appendJSONString(nil, d.namespace)) +
				`,"fields":[{"name":"type","type":` + text + `}]}`); err != nil {
				return newTypeError(goPath, "the method AvroSchema returns no schema that can stand within another: %v", err)
			}
			s = s.fields[0].typ
		}
		if done, err := d.claim(t, s.name, goPath); done || err != nil {
			return err
		}
	}
	// Rendered as if within a namespace that no type has: it then names its own.
	r := renderer{dst: d.dst, seen: make(map[Name]bool)}
	r.schema(s, "?")
	d.dst = r.dst
	return nil
}

// logical writes the type that a logical type stands on.
func (d *deriver) logical(l Logical) {
	d.raw(`{"type":"` + logicalKind(l.Type).String() + `","logicalType":"` + string(l.Type) + `"`)
	if l.Type == Decimal {
		d.raw(`,"precision":` + strconv.Itoa(l.Precision) + `,"scale":` + strconv.Itoa(l.Scale))
	}
	d.raw("}")
}

// logicalKind is the type on which a derived logical type stands.
func logicalKind(t LogicalType) Kind {
	switch t {
	case Decimal:
		return Bytes
	case UUID:
		return String
	case Date, TimeMillis:
		return Int
	}
	return Long
}

func badLogical(t reflect.Type, logical Logical, goPath string) error {
	return newTypeError(goPath, "a %s cannot be a %s", t, logical.Type)
}
