package avro

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/concord-go/concord/avro/wire"
)

// dynamic is the node that writes dynamic values as data of w.
func (c *encodeCompiler) dynamic(w *Schema, here site) *dynamicNode {
	if n := c.dynamics[w]; n != nil {
		return n
	}
	n := &dynamicNode{kind: w.kind, schema: w, unit: w.logical.Type.timeUnit(), clock: w.logical.Type.isTimeOfDay()}
	c.dynamics[w] = n
	defer c.leave()
	if !c.enter() {
		c.nodes = maxPlanNodes + 1
		return n
	}
	n.op.more = &opDetail{}
	n.op.n = -1
	switch w.kind {
	case Record:
		n.names = make(map[string]int, len(w.fields))
		for i := range w.fields {
			f := &w.fields[i]
			n.names[f.name] = i
			n.fields = append(n.fields, dynamicField{name: f.name, data: f.defaultWire, hasData: f.defaultWire != nil, node: c.dynamic(f.typ, here.field(f.name, "", i, -1))})
		}
	case Array, Map:
		n.items = c.dynamic(w.items, here.elements("items"))
	case Union:
		n.names = make(map[string]int, 2*len(w.branches))
		n.subs = []*dynamicNode{}
		for i, b := range w.branches {
			n.subs = append(n.subs, c.dynamic(b, here))
			n.names[goavroName(b)] = i
			if !b.kind.isNamed() {
				n.names[b.kind.String()] = i
			}
		}
		n.native = nativeBranches(n.subs)
	case Enum:
		n.op.more.indexes = indexSymbols(w)
	case Bytes, Fixed:
		decimal, reason := decimalBetween(w, w)
		if reason != "" {
			c.misfit(here, reason)
		}
		n.op.more.decimal = decimal
		if w.kind == Fixed {
			n.op.n = w.size
		}
	}
	return n
}

// dynamic writes a value of the goavro form, or of one close to it.
func (e *encoding) dynamic(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	switch n.kind {
	case Null:
		if v == nil {
			return dst, nil
		}
	case Boolean:
		if b, ok := v.(bool); ok {
			if b {
				return append(dst, 1), nil
			}
			return append(dst, 0), nil
		}
	case Int, Long:
		return e.dynamicInteger(n, v, dst)
	case Float, Double:
		return e.dynamicFloat(n, v, dst)
	case Enum:
		if s, ok := asString(v); ok {
			i, ok := n.op.more.indexes.of(s)
			if !ok {
				return nil, e.fail(nil, "the string is none of the enum's symbols")
			}
			return wire.AppendLong(dst, int64(i)), nil
		}
	case String, Bytes, Fixed:
		return e.dynamicOctets(n, v, dst)
	case Union:
		return e.dynamicUnion(n, v, dst)
	default: // values contain themselves only through one of these
		if e.depth--; e.depth < 0 {
			return nil, e.failDepth(nil)
		}
		dst, err := e.dynamicCollection(n, v, dst)
		e.depth++
		return dst, err
	}
	return nil, e.failDynamic(n, v)
}

func (e *encoding) dynamicCollection(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	switch n.kind {
	case Record:
		return e.dynamicRecord(n, v, dst)
	case Array:
		return e.dynamicArray(n, v, dst)
	}
	return e.dynamicMap(n, v, dst)
}

// failDynamic names the Go type, never the value.
func (e *encoding) failDynamic(n *dynamicNode, v any) error {
	name := "nil"
	if v != nil {
		name = reflect.TypeOf(v).String()
	}
	return e.fail(nil, "a Go "+name+" is no value of "+describeLogical(n.schema))
}

func asString(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return "", false
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String(), true
	}
	return "", false
}

// asInteger takes any Go number that is a whole one.
func asInteger(v any) (i int64, isNumber, ok bool) {
	switch v := v.(type) {
	case int64:
		return v, true, true
	case int32:
		return int64(v), true, true
	case int:
		return int64(v), true, true
	case float64:
		return integral(v)
	case float32:
		return integral(float64(v))
	case json.Number:
		i, err := strconv.ParseInt(string(v), 10, 64)
		if err == nil {
			return i, true, true
		}
		f, err := v.Float64()
		if err != nil {
			return 0, true, false
		}
		return integral(f)
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return r.Int(), true, true
	case r.CanUint():
		return int64(r.Uint()), true, r.Uint() <= math.MaxInt64
	case r.CanFloat():
		return integral(r.Float())
	}
	return 0, false, false
}

func integral(f float64) (i int64, isNumber, ok bool) {
	if f < -1<<63 || f >= 1<<63 || f != math.Trunc(f) { // NaN differs from itself
		return 0, true, false
	}
	return int64(f), true, true
}

func (e *encoding) dynamicInteger(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	var i int64
	switch v := v.(type) {
	case time.Time:
		if n.unit == 0 || n.clock {
			return nil, e.failDynamic(n, v)
		}
		var err error
		if i, err = unitsOf(v, n.schema.logical.Type); err != nil {
			return nil, e.failWith(nil, err)
		}
	case time.Duration:
		if !n.clock {
			return nil, e.failDynamic(n, v)
		}
		if v < 0 || v >= 24*time.Hour {
			return nil, e.fail(nil, "the duration is no time of a day")
		}
		i = int64(v) / n.unit
	default:
		var isNumber, ok bool
		if i, isNumber, ok = asInteger(v); !isNumber {
			return nil, e.failDynamic(n, v)
		} else if !ok {
			return nil, e.fail(nil, "the number is not a whole one, or does not fit into a long")
		}
	}
	if n.kind == Int && int64(int32(i)) != i {
		return nil, e.fail(nil, "the number does not fit into an int (32 bits)")
	}
	return wire.AppendLong(dst, i), nil
}

func (e *encoding) dynamicFloat(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case float32:
		f = float64(v)
	case json.Number:
		var err error
		if f, err = v.Float64(); err != nil {
			return nil, e.fail(nil, "the number does not fit into a double")
		}
	default:
		r := reflect.ValueOf(v)
		switch {
		case r.CanFloat():
			f = r.Float()
		case r.CanInt():
			f = float64(r.Int())
		case r.CanUint():
			f = float64(r.Uint())
		default:
			return nil, e.failDynamic(n, v)
		}
	}
	if n.kind == Double {
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), nil
	}
	if isFiniteBeyondFloat(f) {
		return nil, e.fail(nil, "the number does not fit into a float (32 bits)")
	}
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), nil
}

func (e *encoding) dynamicOctets(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	if c := n.op.more.decimal; c != nil {
		if r, ok := v.(*big.Rat); ok && r != nil {
			return e.decimal(&n.op, dst, func(c *decimalConversion, dst []byte) ([]byte, error) { return c.appendRat(dst, r) })
		}
	}
	var b []byte
	if s, ok := asString(v); ok {
		if n.kind == String {
			if !e.raw && !utf8.ValidString(s) {
				return nil, e.fail(nil, "the string is not valid UTF-8")
			}
			return append(wire.AppendLong(dst, int64(len(s))), s...), nil
		}
		b = []byte(s)
	} else if octets, ok := asBytes(v); ok {
		b = octets
	} else {
		return nil, e.failDynamic(n, v)
	}
	switch {
	case n.kind == Fixed && len(b) != n.op.n:
		return nil, e.fail(nil, "the value has "+strconv.Itoa(len(b))+" bytes, the fixed "+strconv.Itoa(n.op.n))
	case n.kind == Fixed:
		return append(dst, b...), nil
	case n.kind == String && !e.raw && !utf8.Valid(b):
		return nil, e.fail(nil, "the string is not valid UTF-8")
	}
	return append(wire.AppendLong(dst, int64(len(b))), b...), nil
}

// asBytes takes slices and arrays of bytes of any type.
func asBytes(v any) ([]byte, bool) {
	if b, ok := v.([]byte); ok {
		return b, true
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
		return r.Bytes(), true
	case r.Kind() == reflect.Array && r.Type().Elem().Kind() == reflect.Uint8:
		b := make([]byte, r.Len())
		reflect.Copy(reflect.ValueOf(b), r)
		return b, true
	}
	return nil, false
}

func (e *encoding) dynamicRecord(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	record, ok := asMap(v)
	if !ok {
		return nil, e.failDynamic(n, v)
	}
	found := 0
	for i := range n.fields {
		f := &n.fields[i]
		value, ok := record.get(f.name)
		switch {
		case ok:
			found++
			var err error
			if dst, err = e.dynamic(f.node, value, dst); err != nil {
				return nil, e.within(err, f.name)
			}
		case f.hasData:
			dst = append(dst, f.data...)
		default:
			return nil, e.within(e.fail(nil, "the field is missing, and has no default"), f.name)
		}
	}
	if found < record.len() && !e.extra {
		return nil, e.unknownField(n, record)
	}
	return dst, nil
}

// unknownField names one of the record's keys that the schema does not have: a key of
// a record is a name, not a value.
func (e *encoding) unknownField(n *dynamicNode, record dynamicMap) error {
	name := ""
	for k := range record.all {
		if _, ok := n.names[k]; !ok && (name == "" || k < name) {
			name = k
		}
	}
	return e.fail(nil, "the schema's record has no field "+excerpt(name))
}

// dynamicMap is a map[string]any, or another map with string keys.
type dynamicMap struct {
	m     map[string]any
	other reflect.Value
}

func asMap(v any) (dynamicMap, bool) {
	if m, ok := v.(map[string]any); ok {
		return dynamicMap{m: m}, m != nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Map || r.Type().Key().Kind() != reflect.String || r.IsNil() {
		return dynamicMap{}, false
	}
	return dynamicMap{other: r}, true
}

func (d dynamicMap) len() int {
	if d.m != nil {
		return len(d.m)
	}
	return d.other.Len()
}

func (d dynamicMap) get(key string) (any, bool) {
	if d.m != nil {
		v, ok := d.m[key]
		return v, ok
	}
	v := d.other.MapIndex(reflect.ValueOf(key).Convert(d.other.Type().Key()))
	if !v.IsValid() {
		return nil, false
	}
	return v.Interface(), true
}

func (d dynamicMap) all(yield func(string, any) bool) {
	if d.m != nil {
		for k, v := range d.m {
			if !yield(k, v) {
				return
			}
		}
		return
	}
	for iter := d.other.MapRange(); iter.Next(); {
		if !yield(iter.Key().String(), iter.Value().Interface()) {
			return
		}
	}
}

func (e *encoding) dynamicArray(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	items, isAny := v.([]any)
	r := reflect.ValueOf(v)
	if !isAny && r.Kind() != reflect.Slice && r.Kind() != reflect.Array || r.Kind() == reflect.Slice && r.IsNil() {
		return nil, e.failDynamic(n, v)
	}
	count := r.Len()
	if count == 0 {
		return append(dst, 0), nil
	}
	dst = wire.AppendLong(dst, int64(count))
	for i := range count {
		var item any
		if isAny {
			item = items[i]
		} else {
			item = r.Index(i).Interface()
		}
		var err error
		if dst, err = e.dynamic(n.items, item, dst); err != nil {
			return nil, e.within(err, "["+strconv.Itoa(i)+"]")
		}
	}
	return append(dst, 0), nil
}

func (e *encoding) dynamicMap(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	entries, ok := asMap(v)
	if !ok {
		return nil, e.failDynamic(n, v)
	}
	if entries.len() == 0 {
		return append(dst, 0), nil
	}
	dst = wire.AppendLong(dst, int64(entries.len()))
	for k, item := range entries.all {
		if !e.raw && !utf8.ValidString(k) {
			return nil, e.within(e.fail(nil, "the key is not valid UTF-8"), "[*]")
		}
		dst = append(wire.AppendLong(dst, int64(len(k))), k...)
		var err error
		if dst, err = e.dynamic(n.items, item, dst); err != nil {
			return nil, e.within(err, "[*]")
		}
	}
	return append(dst, 0), nil
}
