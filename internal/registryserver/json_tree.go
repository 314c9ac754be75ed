package registryserver

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// jsonTree is a JSON value that can be changed without disturbing the rest: members
// keep their order, and scalars the way they are written.
type jsonTree struct {
	raw     string // of a scalar
	array   bool
	keys    []string // of an object
	values  []*jsonTree
	literal any // the value of a scalar
}

// parseTree reads JSON text that is known to be valid, and not nested too deeply.
func parseTree(text string) (*jsonTree, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return readTree(dec, text)
}

func readTree(dec *json.Decoder, text string) (*jsonTree, error) {
	start := dec.InputOffset()
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &jsonTree{raw: strings.TrimLeft(text[start:dec.InputOffset()], " \t\r\n,:"), literal: token}, nil
	}
	t := &jsonTree{array: delim == '['}
	for dec.More() {
		if !t.array {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			t.keys = append(t.keys, name)
		}
		v, err := readTree(dec, text)
		if err != nil {
			return nil, err
		}
		t.values = append(t.values, v)
	}
	_, err = dec.Token() // the bracket that closes
	return t, err
}

func (t *jsonTree) isObject() bool { return t != nil && t.raw == "" && !t.array }

// get is the member of an object; nil when it is not there, or t is no object.
func (t *jsonTree) get(key string) *jsonTree {
	if !t.isObject() {
		return nil
	}
	if i := slices.Index(t.keys, key); i >= 0 {
		return t.values[i]
	}
	return nil
}

// text is the member of an object that is a string; empty when there is none.
func (t *jsonTree) text(key string) string {
	if v := t.get(key); v != nil {
		s, _ := v.literal.(string)
		return s
	}
	return ""
}

// texts are the strings in the list that is a member of an object.
func (t *jsonTree) texts(key string) []string {
	v := t.get(key)
	if v == nil || !v.array {
		return nil
	}
	var all []string
	for _, item := range v.values {
		if s, ok := item.literal.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// setTexts sets a member of an object to a list of strings, or removes it when there
// are none.
func (t *jsonTree) setTexts(key string, texts []string) error {
	i := slices.Index(t.keys, key)
	if len(texts) == 0 {
		if i >= 0 {
			t.keys, t.values = slices.Delete(t.keys, i, i+1), slices.Delete(t.values, i, i+1)
		}
		return nil
	}
	list := &jsonTree{array: true}
	for _, s := range texts {
		quoted, err := encode(s)
		if err != nil {
			return err
		}
		list.values = append(list.values, &jsonTree{raw: string(quoted), literal: s})
	}
	if i >= 0 {
		t.values[i] = list
		return nil
	}
	t.keys, t.values = append(t.keys, key), append(t.values, list)
	return nil
}

// String is the value as compact JSON.
func (t *jsonTree) String() string {
	var b bytes.Buffer
	t.write(&b)
	return b.String()
}

func (t *jsonTree) write(b *bytes.Buffer) {
	switch {
	case t.raw != "":
		b.WriteString(t.raw)
		return
	case t.array:
		b.WriteByte('[')
	default:
		b.WriteByte('{')
	}
	for i, v := range t.values {
		if i > 0 {
			b.WriteByte(',')
		}
		if !t.array {
			quoted, err := encode(t.keys[i])
			if err != nil { // no string fails to be encoded
				quoted = []byte(`""`)
			}
			b.Write(quoted)
			b.WriteByte(':')
		}
		v.write(b)
	}
	if t.array {
		b.WriteByte(']')
	} else {
		b.WriteByte('}')
	}
}
