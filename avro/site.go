package avro

import (
	"fmt"
	"reflect"

	"github.com/concord-go/concord/serde"
)

// site is where a plan's compiler stands.
type site struct {
	path   string    // of fields, from the start of the program that is compiled
	schema string    // the same from the top
	goPath string    // in the Go type, from the top
	pair   pairPlace // in the texts of both schemas
}

func (s site) field(name, goName string, writer, reader int) site {
	s.path, s.schema = joinPath(s.path, name), joinPath(s.schema, name)
	if goName != "" {
		s.goPath += "." + goName
	}
	if writer >= 0 {
		s.pair.writer = s.pair.writer.to("fields").index(writer).to("type")
	}
	if reader >= 0 {
		s.pair.reader = s.pair.reader.to("fields").index(reader).to("type")
	}
	return s
}

// elements is the items of an array or the values of a map: a program of their own.
func (s site) elements(attribute string) site {
	s.path, s.schema, s.goPath = "", s.schema+"[]", s.goPath+"[]"
	s.pair = s.pair.to(attribute)
	return s
}

// inner is the start of a program of its own at the same place.
func (s site) inner() site {
	s.path = ""
	return s
}

// fitCollector gathers mismatches, each once however often a plan meets it.
type fitCollector struct {
	mismatches []Mismatch
	seen       map[Mismatch]bool
	nodes      int // types compiled so far
	depth      int
	sizes      wireSizes
	structs    map[reflect.Type]*structInfo
	unions     unions
}

func (c *fitCollector) misfit(at site, reason string) {
	m := Mismatch{at.goPath, at.schema, reason}
	if c.seen[m] {
		return
	}
	if c.seen == nil {
		c.seen = make(map[Mismatch]bool)
	}
	c.seen[m] = true
	c.mismatches = append(c.mismatches, m)
}

// structFields is structFieldsOf, remembered.
func (c *fitCollector) structFields(t reflect.Type) (*structInfo, error) {
	if info := c.structs[t]; info != nil {
		return info, nil
	}
	info, err := structFieldsOf(t)
	if err != nil {
		return nil, err
	}
	if c.unions, err = c.unions.listedBy(t); err != nil {
		return nil, err
	}
	if c.structs == nil {
		c.structs = make(map[reflect.Type]*structInfo)
	}
	c.structs[t] = info
	return info, nil
}

// A plan has at most so many parts, and its compiler recurses only so deep: two
// schemas that refer to themselves can meet in very many combinations.
const (
	maxPlanNodes = 200_000
	maxPlanDepth = 5_000
)

// enter counts one part of a plan.
func (c *fitCollector) enter() bool {
	c.nodes++
	c.depth++
	return c.nodes <= maxPlanNodes && c.depth <= maxPlanDepth
}

func (c *fitCollector) leave() { c.depth-- }

func (c *fitCollector) tooLarge() bool { return c.nodes > maxPlanNodes }

var errPlanTooLarge = fmt.Errorf("avro: %w", &fault{serde.LimitExceeded, "the schemas refer to themselves in too many combinations, or too deeply, to compile a plan"})

// structFieldFor finds the Go field of the schema's field: the one of its name,
// else one that has the name as an alias.
func structFieldFor(info *structInfo, name string) (i int, ok bool) {
	for i := range info.fields {
		if info.fields[i].name == name {
			return i, true
		}
	}
	for i := range info.fields {
		for _, a := range info.fields[i].aliases {
			if a == name {
				return i, true
			}
		}
	}
	return 0, false
}

var (
	anyType     = reflect.TypeFor[any]()
	dynamicType = reflect.TypeFor[map[string]any]()
)

func isEmptyInterface(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.NumMethod() == 0
}

func isByteArray(t reflect.Type, n int) bool {
	return t.Kind() == reflect.Array && t.Elem().Kind() == reflect.Uint8 && t.Len() == n
}

func isByteSlice(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func isInteger(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uint64 }

// canBeNil reports whether Go values of type t can stand for null.
func canBeNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}

// fitsKind reports whether v fits into an integer of kind k.
func fitsKind(k reflect.Kind, v int64) bool {
	switch k {
	case reflect.Int:
		return int64(int(v)) == v
	case reflect.Int8:
		return int64(int8(v)) == v
	case reflect.Int16:
		return int64(int16(v)) == v
	case reflect.Int32:
		return int64(int32(v)) == v
	case reflect.Uint8:
		return int64(uint8(v)) == v
	case reflect.Uint16:
		return int64(uint16(v)) == v
	case reflect.Uint32:
		return int64(uint32(v)) == v
	case reflect.Uint64:
		return v >= 0
	case reflect.Uint:
		return v >= 0 && (v == int64(uint32(v)) || ^uint(0)>>32 != 0)
	}
	return true
}

// sameLayout reports whether view[S] may be used on values of type t, whose
// layout is that of exact.
func sameLayout(t, exact reflect.Type) bool { return !exactViews || t == exact }

// placeOfIndex is the place of the field at index within struct t. Where the way
// leads through an embedded pointer it stops there: rest is the way from what
// it points to.
func placeOfIndex(base place, t reflect.Type, index []int) (at place, stop reflect.Type, rest []int) {
	at = base
	for i, f := range index {
		at = at.within(t, f)
		t = t.Field(f).Type
		if t.Kind() == reflect.Pointer && i < len(index)-1 {
			return at, t, index[i+1:]
		}
	}
	return at, nil, nil
}
