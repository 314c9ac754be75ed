package jsonschema

// valueKind is one of the kinds of JSON values.
type valueKind uint8

const (
	nullValue valueKind = iota
	boolValue
	numberValue
	stringValue
	arrayValue
	objectValue
)

var valueKindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// value is a JSON value as the text has it: the members of objects in their order, the
// digits of numbers untouched. It is immutable.
type value struct {
	kind   valueKind
	bool   bool
	text   string // a string's content, a number's literal
	keys   []string
	values []*value // of an array, or in the order of keys
	index  map[string]int
}

// get is the member of an object, nil when there is none.
func (v *value) get(key string) *value {
	if v.kind != objectValue {
		return nil
	}
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			return v.values[i]
		}
		return nil
	}
	for i, k := range v.keys {
		if k == key {
			return v.values[i]
		}
	}
	return nil
}

// set adds a member, or replaces the value of the one that is there.
func (v *value) set(key string, member *value) {
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			v.values[i] = member
			return
		}
	} else {
		for i, k := range v.keys {
			if k == key {
				v.values[i] = member
				return
			}
		}
	}
	v.keys = append(v.keys, key)
	v.values = append(v.values, member)
	const indexed = 8 // members from which on a map finds them faster
	switch {
	case v.index != nil:
		v.index[key] = len(v.keys) - 1
	case len(v.keys) > indexed:
		v.index = make(map[string]int, 2*len(v.keys))
		for i, k := range v.keys {
			v.index[k] = i
		}
	}
}

// describe names the value's kind for a message.
func (v *value) describe() string { return valueKindNames[v.kind] }
