package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// unmarshalKeeping reads an object into known, a pointer to a struct whose
// exported fields have JSON names, and returns the members that it has no field for.
func unmarshalKeeping(data []byte, known any) (map[string]json.RawMessage, error) {
	if err := json.Unmarshal(data, known); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	names := memberNames(known)
	maps.DeleteFunc(members, func(member string, _ json.RawMessage) bool {
		return hasMember(names, member)
	})
	if len(members) == 0 {
		return nil, nil
	}
	return members, nil
}

// marshalKeeping writes a struct, and after its fields the unknown members.
func marshalKeeping(known any, unknown map[string]json.RawMessage) ([]byte, error) {
	data, err := marshal(known)
	if err != nil || len(unknown) == 0 {
		return data, err
	}
	names := memberNames(known)
	for member := range unknown {
		if hasMember(names, member) {
			return nil, fmt.Errorf("registry: Unknown has a member %q, for which there is a field", member)
		}
	}
	more, err := marshal(unknown)
	if err != nil {
		return nil, err
	}
	data, more = bytes.TrimSpace(data), bytes.TrimSpace(more)
	if len(data) == len("{}") {
		return more, nil
	}
	return append(append(data[:len(data)-1], ','), more[1:]...), nil
}

// memberNames are the JSON names of a struct's fields.
func memberNames(v any) []string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// hasMember compares as encoding/json does when it looks for a field.
func hasMember(names []string, member string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, member) })
}

func cloneUnknown(unknown map[string]json.RawMessage) map[string]json.RawMessage {
	c := maps.Clone(unknown)
	for k, v := range c {
		c[k] = bytes.Clone(v)
	}
	return c
}

func unknownSize(unknown map[string]json.RawMessage) (n int64) {
	for k, v := range unknown {
		n += int64(len(k)+len(v)) + 64
	}
	return n
}
