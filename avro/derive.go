package avro

import (
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	ratType      = reflect.TypeFor[big.Rat]()
	schemaerType = reflect.TypeFor[schemaer]()
)

// schemaer is a type that brings its own schema, such as a named string type
// that is an enum. It is called on the zero value.
type schemaer interface{ AvroSchema() string }

// DeriveOption changes how [SchemaFor] derives a schema.
type DeriveOption func(*deriveConfig)

type deriveConfig struct {
	namespace string
	name      string

	conversions conversions
	unions      unions
}

// WithNamespace sets the namespace of all records, fixed types and enums that do
// not name one themselves. Without it that is the namespace of T itself, if it
// has one, or else none.
func WithNamespace(namespace string) DeriveOption {
	return func(c *deriveConfig) { c.namespace = namespace }
}

// WithName sets the name of the schema of T itself, with a namespace where it has
// a dot. Without it a struct's blank field names it, or else the Go type.
func WithName(name string) DeriveOption {
	return func(c *deriveConfig) { c.name = name }
}

// SchemaFor derives a schema from the Go type T, always the same one for the same T:
//
//	bool                                    boolean
//	int8, int16, int32, uint8, uint16       int
//	int, int64, uint, uint32, uint64        long
//	float32, float64                        float, double
//	string                                  string, or uuid where the tag says so
//	[]byte                                  bytes, or decimal where the tag says so
//	[N]byte                                 fixed, or uuid where the tag says so and N is 16
//	slice, array                            array
//	map[string]V                            map
//	struct                                  record
//	*V                                      ["null", V], and null as the field's default
//	time.Time                               timestamp-millis, or what the tag says
//	time.Duration                           time-millis or time-micros, as the tag must say
//	big.Rat, *big.Rat                       decimal, as the tag must say; the pointer is not optional
//	an interface that UnionType tells of     ["null", its types], and null as the field's default
//	sql.Null[V], sql.NullString, ...        ["null", V], and null as the field's default
//	int64, string, where the tag says so    decimal: the number of units of 10^-scale, or digits with a point
//	CalendarDuration                        fixed of 12 bytes, duration
//
// A type with a method AvroSchema() string has the schema that the method returns
// for the zero value. Fields, names, aliases and defaults come from tags,
//
//	type UserEvent struct {
//		_      struct{}  `avro:"com.acme.UserEvent,alias=com.acme.Event"`
//		UserID string    `avro:"userId,alias=user"`
//		Time   time.Time `avro:"time,timestamp-micros"`
//		Price  *big.Rat  `avro:"price,decimal(9,2)"`
//		Tries  int       `avro:"tries,default=1"`
//		Note   string    `avro:"-"`
//	}
//
// where default= is the last option and its JSON goes on to the end of the tag. A
// field without a tag has its Go name. Embedded structs without a tag are
// flattened, by Go's rules for names that collide. A logical type in a tag
// reaches through pointers, slices, arrays and maps to the element.
//
// Errors of the Go type are of type [*TypeError]; defaults and names are checked by
// [Parse], whose errors are [*SchemaError].
func SchemaFor[T any](opts ...DeriveOption) (*Schema, error) {
	return schemaOf(reflect.TypeFor[T](), opts...)
}

func schemaOf(t reflect.Type, opts ...DeriveOption) (*Schema, error) {
	d := deriver{owners: make(map[Name]reflect.Type), names: make(map[reflect.Type]Name)}
	for _, o := range opts {
		o(&d.deriveConfig)
	}
	top := t
	for top.Kind() == reflect.Pointer && top.Elem() != ratType {
		top = top.Elem() // there is no message for a nil pointer to be
	}
	d.top = top
	if err := d.nameTop(); err != nil {
		return nil, err
	}
	if err := d.derive(top, Logical{}, t.String(), 0); err != nil {
		return nil, err
	}
	return Parse(string(d.dst))
}

// deriver writes the text of a schema.
type deriver struct {
	deriveConfig
	dst    []byte
	top    reflect.Type
	owners map[Name]reflect.Type // whose name it is
	names  map[reflect.Type]Name // of the named types written so far
}

// nameTop finds the namespace: without an option it is that of the top's own name.
func (d *deriver) nameTop() error {
	top := qualify(d.name, d.namespace)
	if d.name == "" && d.top.Kind() == reflect.Struct && d.top != timeType && d.top != ratType {
		info, err := structFieldsOf(d.top)
		if err != nil {
			return err
		}
		top = info.name
	}
	if d.namespace == "" {
		d.namespace = top.Namespace
	}
	return nil
}

// maxGoDepth bounds types such as ****int; recursive ones end by their names.
const maxGoDepth = 200

func (d *deriver) raw(s string)    { d.dst = append(d.dst, s...) }
func (d *deriver) quoted(s string) { d.dst = appendJSONString(d.dst, s) }

// claim gives t its name. Where t is written already, it writes the name alone
// and reports that it is done.
func (d *deriver) claim(t reflect.Type, name Name, goPath string) (done bool, err error) {
	if known, ok := d.names[t]; ok {
		d.quoted(reference(known))
		return true, nil
	}
	if t == d.top && d.name != "" {
		name = qualify(d.name, d.namespace)
	}
	if name.Namespace == "" {
		name.Namespace = d.namespace
	}
	if !isName(name.Local) {
		return false, newTypeError(goPath, "%s is no valid name in Avro: %s", excerpt(name.Local), nameRule)
	}
	if other, ok := d.owners[name]; ok {
		return false, newTypeError(goPath, "the types %s and %s would both be named %s: give one of them another name, in Go or, a struct, with a blank field, _ struct{} `avro:\"Name\"`",
			typePath(other), typePath(t), excerpt(name.String()))
	}
	d.owners[name], d.names[t] = t, name
	return false, nil
}

// reference is how a type of this name is referred to from any namespace.
func reference(n Name) string {
	if n.Namespace == "" {
		return "." + n.Local
	}
	return n.String()
}

// openNamed begins the definition of a type that was claimed.
func (d *deriver) openNamed(kind string, t reflect.Type, aliases []string) {
	d.raw(`{"type":"` + kind + `","name":`)
	d.quoted(reference(d.names[t]))
	d.aliases(aliases)
}

func (d *deriver) aliases(aliases []string) {
	for i, a := range aliases {
		if i == 0 {
			d.raw(`,"aliases":[`)
		} else {
			d.raw(",")
		}
		d.quoted(a)
	}
	if len(aliases) > 0 {
		d.raw("]")
	}
}

func (d *deriver) record(t reflect.Type, goPath string, depth int) error {
	info, err := structFieldsOf(t)
	if err != nil {
		return err
	}
	if d.unions, err = d.unions.listedBy(t); err != nil {
		return err
	}
	if len(info.fields) == 0 && t.NumField() > 0 && info.name == (Name{}) {
		return newTypeError(goPath, "the struct %s has no exported field, its values would be lost: use another type, leave the field out with avro:\"-\", or give the type a method AvroSchema() string", t)
	}
	name := info.name
	if name == (Name{}) {
		if name.Local = goName(t); name.Local == "" {
			return newTypeError(goPath, "a struct without a name needs one for its record: declare the type, or add a blank field, _ struct{} `avro:\"Name\"`")
		}
	}
	done, err := d.claim(t, name, goPath)
	if done || err != nil {
		return err
	}
	d.openNamed("record", t, info.aliases)
	d.raw(`,"fields":[`)
	for i := range info.fields {
		f := &info.fields[i]
		if i > 0 {
			d.raw(",")
		}
		d.raw(`{"name":`)
		d.quoted(f.name)
		d.raw(`,"type":`)
		at := goPath + "." + f.goName
		start := len(d.dst)
		if err := d.derive(f.typ, f.logical, at, depth+1); err != nil {
			return err
		}
		if err := d.fieldDefault(f, at, string(d.dst[start:])); err != nil {
			return err
		}
		d.aliases(f.aliases)
		d.raw("}")
	}
	d.raw("]}")
	return nil
}

// fieldDefault writes the default that the tag gives; an optional field without
// one defaults to null.
func (d *deriver) fieldDefault(f *structField, goPath, typ string) error {
	switch {
	case f.hasDef:
		if _, err := parseJSON(f.def, maxGoDepth); err != nil {
			return newTypeError(goPath, "the tag's default is not valid JSON (a string needs its quotes): %s", excerpt(f.def))
		}
		d.raw(`,"default":` + f.def)
	case strings.HasPrefix(typ, `["null",`):
		d.raw(`,"default":null`)
	}
	return nil
}

// goName is the type's name, made a valid name in Avro: of a generic type
// Pair[string,pkg.Order] it is Pair_string_Order.
func goName(t reflect.Type) string {
	var b strings.Builder
	base, args, generic := strings.Cut(t.Name(), "[")
	b.WriteString(base)
	if generic {
		for _, word := range strings.FieldsFunc(args, func(r rune) bool { return !isNameRune(r) && r != '.' && r != '/' && r != '-' && r != '~' }) {
			word = word[strings.LastIndexByte(word, '/')+1:]
			word = word[strings.LastIndexByte(word, '.')+1:]
			b.WriteString("_" + strings.Map(func(r rune) rune {
				if isNameRune(r) {
					return r
				}
				return '_'
			}, word))
		}
	}
	return b.String()
}

func isNameRune(r rune) bool { return r < 0x80 && isName("_"+string(r)) }

// typePath names a type with its package, for errors.
func typePath(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// ownSchema is the text that t's method AvroSchema returns.
func ownSchema(t reflect.Type) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the method AvroSchema panics on the zero value")
		}
	}()
	v := reflect.New(t)
	if s, ok := v.Elem().Interface().(schemaer); ok {
		return s.AvroSchema(), nil
	}
	return v.Interface().(schemaer).AvroSchema(), nil
}
