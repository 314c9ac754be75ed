package avro_test

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/concord-go/concord/avro"
)

// mutator makes a reader schema from the JSON of a writer's.
type mutator struct {
	*generator
	logical bool // one logical type may be read as another: values may be lost, which is then said
}

// mutate returns t, changed here and there.
func (m *mutator) mutate(t any) any {
	if m.IntN(3) == 0 {
		t = m.change(t)
	}
	switch t := t.(type) {
	case []any:
		for i := range t {
			t[i] = m.mutateBranch(t[i])
		}
	case map[string]any:
		for _, inner := range []string{"items", "values"} {
			if t[inner] != nil {
				t[inner] = m.mutate(t[inner])
			}
		}
		fields, _ := t["fields"].([]any)
		for _, f := range fields {
			f := f.(map[string]any)
			f["type"] = m.mutateField(f)
		}
	}
	return t
}

// mutateField leaves the type of a field with a default, which must stay a value of it.
func (m *mutator) mutateField(f map[string]any) any {
	if _, ok := f["default"]; ok {
		return f["type"]
	}
	return m.mutate(f["type"])
}

// mutateBranch makes no union of a union's branch.
func (m *mutator) mutateBranch(t any) any {
	if changed := m.mutate(t); !isUnion(changed) {
		return changed
	}
	return t
}

func isUnion(t any) bool { _, ok := t.([]any); return ok }

func hasLogical(t any) bool {
	text, err := json.Marshal(t)
	return err != nil || strings.Contains(string(text), "logicalType")
}

func (m *mutator) pick(from ...string) string { return from[m.IntN(len(from))] }

func (m *mutator) change(t any) any {
	if _, ok := t.(string); ok && m.IntN(3) == 0 || !isUnion(t) && m.IntN(8) == 0 {
		branches := []any{"null", t}
		m.Shuffle(2, func(i, j int) { branches[i], branches[j] = branches[j], branches[i] })
		return branches
	}
	switch t := t.(type) {
	case string:
		return m.changePrimitive(t)
	case []any:
		return m.changeUnion(t)
	case map[string]any:
		return m.changeObject(t)
	}
	return t
}

func (m *mutator) changePrimitive(t string) any {
	promotions := map[string][]string{"int": {"long", "float", "double"}, "long": {"float", "double"}, "float": {"double"}, "string": {"bytes"}, "bytes": {"string"}}
	if to := promotions[t]; to != nil && m.IntN(4) > 0 {
		return m.pick(to...)
	}
	return m.pick("null", "boolean", "int", "long", "float", "double", "bytes", "string")
}

func (m *mutator) changeUnion(t []any) any {
	at, op := m.IntN(len(t)), m.IntN(5)
	m.logical = m.logical || op > 1 && hasLogical(t)
	switch op {
	case 0, 1: // widened
		return append(t, m.changePrimitive(""))
	case 2: // narrowed
		if len(t) > 1 {
			return append(t[:at:at], t[at+1:]...)
		}
	case 3:
		return t[at]
	}
	m.Shuffle(len(t), func(i, j int) { t[i], t[j] = t[j], t[i] })
	return t
}

func (m *mutator) changeObject(t map[string]any) any {
	if t["logicalType"] != nil && m.IntN(2) == 0 {
		m.changeLogical(t)
		return t
	}
	if name, ok := t["name"].(string); ok && m.IntN(4) == 0 {
		local := name[strings.LastIndexByte(name, '.')+1:]
		switch m.IntN(4) {
		case 0:
			t["name"] = m.name()
		case 1:
			t["name"] = "other.ns." + local
		default:
			t["name"], t["aliases"] = "x."+m.name(), []any{"unknown", "." + name}
			if strings.Contains(name, ".") {
				t["aliases"] = []any{name}
			}
		}
		return t
	}
	switch t["type"] {
	case "record":
		t["fields"] = m.changeFields(t["fields"].([]any))
	case "enum":
		m.changeEnum(t)
	case "fixed":
		if size := t["size"].(float64); t["logicalType"] == nil && m.IntN(3) == 0 {
			t["size"] = size + 1
		}
	}
	return t
}

// changeLogical takes the logical type away, or makes it another.
func (m *mutator) changeLogical(t map[string]any) {
	if m.IntN(2) == 0 {
		delete(t, "logicalType")
		return
	}
	m.logical = true
	switch t["type"] {
	case "int":
		t["logicalType"] = m.pick("date", "time-millis")
	case "long":
		t["logicalType"] = m.pick("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-micros")
	default:
		t["precision"], t["scale"] = 10+m.IntN(9), m.IntN(8)
	}
}

func (m *mutator) changeEnum(t map[string]any) {
	symbols := t["symbols"].([]any)
	switch at := m.IntN(len(symbols)); m.IntN(4) {
	case 0:
		t["symbols"] = append([]any{"NEW"}, symbols...)
	case 1:
		t["symbols"] = append(symbols[:at:at], symbols[at+1:]...)
	case 2:
		t["symbols"], t["default"] = append(symbols[:at:at], "OTHER"), "OTHER"
	default:
		m.Shuffle(len(symbols), func(i, j int) { symbols[i], symbols[j] = symbols[j], symbols[i] })
	}
}

var addedFields = []string{
	`{"type":"string","default":"x"}`, `{"type":["null","int"],"default":null}`, `{"type":["int","null"],"default":null}`, `{"type":{"type":"array","items":"int"},"default":[1,2]}`,
	`{"type":{"type":"map","values":"string"},"default":{}}`, `{"type":{"type":"long","logicalType":"timestamp-millis"},"default":5}`, `{"type":"bytes","default":"\u00ff"}`,
	`{"type":"int"}`, `{"type":["null","string"]}`,
}

func (m *mutator) changeFields(fields []any) []any {
	op := m.IntN(5)
	if op == 0 || len(fields) == 0 {
		var f map[string]any
		if err := json.Unmarshal([]byte(m.pick(addedFields...)), &f); err != nil {
			panic(err)
		}
		f["name"] = "added" + strconv.Itoa(m.IntN(1000))
		at := m.IntN(len(fields) + 1)
		return append(append(append([]any{}, fields[:at]...), f), fields[at:]...)
	}
	at := m.IntN(len(fields))
	f := fields[at].(map[string]any)
	switch op {
	case 1:
		return append(fields[:at:at], fields[at+1:]...)
	case 2:
		f["name"], f["aliases"] = f["name"].(string)+"renamed", []any{"unknown", f["name"]}
	case 3:
		other := fields[m.IntN(len(fields))].(map[string]any)
		f["name"], other["name"] = other["name"], f["name"]
		m.logical = m.logical || hasLogical(f) || hasLogical(other)
	default:
		m.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	return fields
}

// pair is a writer's schema with values, and a reader's made from it. Some contain themselves.
func (m *mutator) pair() (w generated, reader string, ok bool) {
	switch m.IntN(3) {
	case 0:
		w = m.record(4)
	case 1:
		g := randomSchema{r: m.Rand}
		g.typ(4)
		w.text = g.b.String()
		s, err := avro.Parse(w.text)
		if err != nil {
			return w, "", false // a name is used where its namespace is not that of its definition
		}
		w.value = func() any { v, _ := m.valueOf(s, 8); return v }
		if _, ok := m.valueOf(s, 8); !ok {
			return w, "", false // it contains itself, with nothing to end it
		}
	case 2:
		w = m.schema(3)
		inner := w
		w.text = `{"type":"record","name":"Top","fields":[{"name":"inner","type":` + inner.text + `},{"name":"next","type":["null","Top"]}]}`
		w.value = func() any {
			v := map[string]any{"inner": inner.value(), "next": nil}
			for m.IntN(2) == 0 {
				v = map[string]any{"inner": inner.value(), "next": map[string]any{"Top": v}}
			}
			return v
		}
	}
	var tree any
	if err := json.Unmarshal([]byte(w.text), &tree); err != nil {
		panic(err)
	}
	m.logical = false
	text, err := json.Marshal(m.mutate(tree))
	if err != nil {
		panic(err)
	}
	_, err = avro.Parse(string(text)) // a union may have a type twice now, and Top a new name
	return w, string(text), err == nil
}

// valueOf is a value of s, which may contain itself. ok is false where depth levels are not enough.
func (m *mutator) valueOf(s *avro.Schema, depth int) (v any, ok bool) {
	if depth == 0 {
		return nil, false
	}
	switch s.Kind() {
	case avro.Array:
		items := []any{}
		for range m.IntN(3) {
			if item, ok := m.valueOf(s.Items(), depth-1); ok {
				items = append(items, item)
			}
		}
		return items, true
	case avro.Map:
		entries := map[string]any{}
		if v, ok := m.valueOf(s.Items(), depth-1); ok {
			entries["k"] = v
		}
		return entries, true
	case avro.Union:
		branches := s.Branches()
		for _, i := range m.Perm(len(branches)) {
			b := branches[i]
			v, ok := m.valueOf(b, depth-1)
			switch {
			case !ok:
			case b.Kind() == avro.Null:
				return nil, true
			case b.Kind() == avro.Record || b.Kind() == avro.Enum || b.Kind() == avro.Fixed:
				return map[string]any{b.Name().String(): v}, true
			default:
				return map[string]any{b.Kind().String(): v}, true
			}
		}
		return nil, false
	case avro.Record:
		record := map[string]any{}
		for _, f := range s.Fields() {
			if record[f.Name()], ok = m.valueOf(f.Type(), depth-1); !ok {
				return nil, false
			}
		}
		return record, true
	case avro.Null:
		return nil, true
	case avro.Boolean:
		return m.IntN(2) == 0, true
	case avro.Int:
		return m.IntN(100), true
	case avro.Long, avro.Float, avro.Double:
		return m.IntN(1 << 20), true
	case avro.String:
		return m.text(), true
	case avro.Enum:
		return m.pick(s.Symbols()...), true
	case avro.Fixed:
		return m.octets(s.Size()), true
	}
	return big.NewRat(int64(m.IntN(1000)), 100), true // the one kind of bytes there is
}
