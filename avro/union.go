package avro

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// UnionType says which Go types the values of an interface have that stands for a union
// of several types. Its nil is null. Make one with [UnionOf]; it is an option of
// encoders, decoders and formats, or the result of a method of the struct that has
// the interface among its fields:
//
//	type Payment interface{ isPayment() }
//
//	func (Order) AvroUnions() []avro.UnionType {
//		return []avro.UnionType{avro.UnionOf[Payment](Card{}, &Transfer{}, Cash(0))}
//	}
//
// The method is called on a zero value when a plan is compiled; an option for
// the same interface goes before it.
type UnionType struct {
	iface    reflect.Type
	branches []unionBranch
	err      error
}

// unionBranch is a Go type that the interface may hold.
type unionBranch struct {
	typ  reflect.Type
	name string // of the branch in the schema; empty: found by the type
	zero reflect.Value
}

// UnionOf is the union of the types that the values have; what the values are does
// not matter. Each is a branch of the schema's union: a struct, or a pointer to
// one, the record of its name; a type with a method AvroSchema that of the schema's
// name; [N]byte the fixed of the type's name; others the type that they are derived
// as, as [SchemaFor] has it, or one that they fit where there is only one. Where that
// does not tell, [UnionType.Branch] names the branch.
func UnionOf[I any](values ...I) UnionType {
	u := UnionType{iface: reflect.TypeFor[I]()}
	if u.iface.Kind() != reflect.Interface {
		u.err = newTypeError(u.iface.String(), "UnionOf needs an interface type")
		return u
	}
	for _, v := range values {
		u = u.Branch("", v)
	}
	return u
}

// Branch adds the type of value for the branch of this name: the full name of a
// record, enum or fixed, or else the word for the type, such as string or array. It
// returns the larger union, and leaves u as it is.
func (u UnionType) Branch(name string, value any) UnionType {
	if u.err != nil {
		return u
	}
	t := reflect.TypeOf(value)
	b := unionBranch{typ: t, name: name}
	switch {
	case t == nil:
		u.err = newTypeError(u.iface.String(), "a union's branch has a type: nil is null without being told")
		return u
	case !t.Implements(u.iface):
		u.err = newTypeError(u.iface.String(), "%s does not implement the interface", t)
		return u
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Pointer:
		u.err = newTypeError(u.iface.String(), "%s, a pointer to a pointer, has no meaning", t)
		return u
	case slices.ContainsFunc(u.branches, func(other unionBranch) bool { return other.typ == t }):
		u.err = newTypeError(u.iface.String(), "%s stands for two branches", t)
		return u
	}
	b.zero = reflect.New(u.iface).Elem()
	b.zero.Set(reflect.Zero(t))
	u.branches = append(u.branches[:len(u.branches):len(u.branches)], b)
	return u
}

func (u UnionType) applyToEncoder(c *encodeConfig) { c.unions = c.unions.with(u) }
func (u UnionType) applyToDecoder(c *decodeConfig) { c.unions = c.unions.with(u) }
func (u UnionType) applyToFormat(c *formatConfig) {
	c.encoder, c.decoder = append(c.encoder, u), append(c.decoder, u)
}

// unions are the interfaces that stand for unions. A nil entry is not one.
type unions map[reflect.Type]*UnionType

// with adds u in place; the first for an interface stays.
func (all unions) with(u UnionType) unions {
	if all == nil {
		all = make(unions)
	}
	if all[u.iface] == nil {
		all[u.iface] = &u
	}
	return all
}

// unionLister is a struct that tells of the interfaces among its fields.
type unionLister interface{ AvroUnions() []UnionType }

var unionListerType = reflect.TypeFor[unionLister]()

// listedBy adds what the struct type t says of its fields.
func (all unions) listedBy(t reflect.Type) (_ unions, err error) {
	if !reflect.PointerTo(t).Implements(unionListerType) {
		return all, nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = newTypeError(t.String(), "the method AvroUnions panics on the zero value")
		}
	}()
	more := maps.Clone(all)
	for _, u := range reflect.New(t).Interface().(unionLister).AvroUnions() {
		more = more.with(u)
	}
	return more, nil
}

// How well a Go type stands for a branch.
const (
	noFit     = iota
	looseFit  // its kind does, but so may that of others
	exactFit  // what the type would be derived as
	namedFit  // by its local name
	fullFit   // by its full name
	statedFit // as Branch says
)

func (b *unionBranch) fit(s *Schema) int {
	if b.name != "" {
		switch {
		case b.name == s.kind.String() && !s.kind.isNamed(), b.name == goavroName(s):
			return statedFit
		}
		return noFit
	}
	t := b.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s.kind.isNamed() {
		return namedBranchFit(s, t)
	}
	exact := func(ok bool) int {
		if ok {
			return exactFit
		}
		return looseFit
	}
	switch k := t.Kind(); {
	case hasOwnSchema(t):
	case s.kind == Array && (k == reflect.Slice || k == reflect.Array) && t.Elem().Kind() != reflect.Uint8, s.kind == Map && k == reflect.Map:
		return exactFit
	case s.kind == Boolean && k == reflect.Bool:
		return exactFit
	case t == timeType || t == durationType:
		if unit := s.logical.Type.timeUnit(); unit > 0 && s.logical.Type.isTimeOfDay() == (t == durationType) {
			return exactFit
		}
	case t == ratType:
		if s.logical.Type == Decimal {
			return exactFit
		}
	case s.kind == Int && isInteger(k):
		return exact(t.Size() < 4 || k == reflect.Int32)
	case s.kind == Long && isInteger(k):
		return exact(t.Size() == 8 || k == reflect.Int || k == reflect.Uint || k == reflect.Uint32)
	case s.kind == Float && (k == reflect.Float32 || k == reflect.Float64):
		return exact(k == reflect.Float32)
	case s.kind == Double && (k == reflect.Float32 || k == reflect.Float64):
		return exact(k == reflect.Float64)
	case s.kind == String && k == reflect.String:
		return exactFit
	case s.kind == String && s.logical.Type == UUID && isByteArray(t, 16):
		return exactFit
	case s.kind == Bytes && isByteSlice(t):
		return exactFit
	}
	return noFit
}

// namedBranchFit is for a record, enum or fixed.
func namedBranchFit(s *Schema, t reflect.Type) int {
	var name Name
	switch {
	case hasOwnSchema(t):
		text, err := ownSchema(t)
		if err != nil {
			return noFit
		}
		own, err := Parse(text)
		if err != nil || own.kind != s.kind {
			return noFit
		}
		name = own.name
	case s.kind == Record && t.Kind() == reflect.Struct && t != timeType && t != ratType && t != calendarType:
		info, err := structFieldsOf(t)
		if err != nil {
			return noFit
		}
		if name = info.name; name == (Name{}) {
			name.Local = goName(t)
		}
	case s.kind == Fixed && s.logical.Type == Duration && t == calendarType, s.kind == Fixed && s.logical.Type == Decimal && t == ratType:
		return exactFit
	case s.kind == Fixed && isByteArray(t, s.size), s.kind == Enum && t.Kind() == reflect.String:
		name.Local = goName(t)
	default:
		return noFit
	}
	switch {
	case name == s.name:
		return fullFit
	case name.Local == s.name.Local:
		return namedFit
	case s.kind == Enum:
		return noFit // any string would do
	}
	return looseFit
}

func hasOwnSchema(t reflect.Type) bool {
	return t.Implements(schemaerType) || reflect.PointerTo(t).Implements(schemaerType)
}

// best is the index of the best of n; misfit says why there is none.
func best(n int, fit func(i int) int) (i int, misfit string) {
	i, most, ties := -1, noFit, 0
	for j := range n {
		switch f := fit(j); {
		case f > most:
			i, most, ties = j, f, 0
		case f == most && f > noFit:
			ties++
		}
	}
	switch {
	case most == noFit:
		return -1, "none"
	case ties > 0:
		return -1, "several"
	}
	return i, ""
}

// goBranch finds the Go type for a branch of the schema.
func (u *UnionType) goBranch(s *Schema) (i int, misfit string) {
	i, misfit = best(len(u.branches), func(i int) int { return u.branches[i].fit(s) })
	switch misfit {
	case "none":
		misfit = fmt.Sprintf("no Go type of the union %s stands for %s (UnionOf)", u.iface, describeLogical(s))
	case "several":
		misfit = fmt.Sprintf("several Go types of the union %s may stand for %s: name the branch of each (UnionType.Branch)", u.iface, describeLogical(s))
	}
	return i, misfit
}

// schemaBranch finds the branch for a Go type.
func (b *unionBranch) schemaBranch(branches []*Schema) (i int, misfit string) {
	i, misfit = best(len(branches), func(i int) int { return b.fit(branches[i]) })
	switch misfit {
	case "none":
		misfit = fmt.Sprintf("the schema has no branch for the Go type %s", b.typ)
	case "several":
		misfit = fmt.Sprintf("the Go type %s may stand for several branches of the schema: name its branch (UnionType.Branch)", b.typ)
	}
	return i, misfit
}
