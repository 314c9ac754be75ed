package jsonschema

import (
	"math"
	"slices"
	"strconv"
)

// present reports whether the member is there.
func (p place) present() bool { return p.value != nil }

// integer is the member's whole number of 32 bits, nil when it is not there.
func (p place) integer() (*int64, error) {
	if !p.present() {
		return nil, nil
	}
	if p.value.kind != numberValue {
		return nil, p.want("a whole number")
	}
	i, err := strconv.ParseInt(p.value.text, 10, 32)
	if err != nil {
		return nil, p.fail("must be a whole number up to %d, written without a point or an exponent", math.MaxInt32)
	}
	return &i, nil
}

// roundedInteger is integer for the modern drafts, which take any number and drop what is behind
// the point.
func (p place) roundedInteger() (*int64, error) {
	n, err := p.number()
	if n == nil || err != nil {
		return nil, err
	}
	i := int64(max(-math.MaxInt32, min(math.MaxInt32, math.Trunc(n.float()))))
	return &i, nil
}

// number is the member's number, nil when it is not there.
func (p place) number() (*number, error) {
	if !p.present() {
		return nil, nil
	}
	if p.value.kind != numberValue {
		return nil, p.want("a number")
	}
	return &number{p.value.text}, nil
}

// string is the member's string; ok is false when it is not there.
func (p place) string() (s string, ok bool, err error) {
	if !p.present() {
		return "", false, nil
	}
	if p.value.kind != stringValue {
		return "", false, p.want("a string")
	}
	return p.value.text, true, nil
}

// bool is the member's boolean, false when it is not there.
func (p place) bool() (bool, error) {
	if !p.present() {
		return false, nil
	}
	if p.value.kind != boolValue {
		return false, p.want("a boolean")
	}
	return p.value.bool, nil
}

// strings is the member's array of strings.
func (p place) strings() ([]string, error) {
	if !p.present() {
		return nil, nil
	}
	if p.value.kind != arrayValue {
		return nil, p.want("an array of strings")
	}
	list := make([]string, 0, len(p.value.values))
	for i, v := range p.value.values {
		if v.kind != stringValue {
			return nil, p.item(i).want("a string")
		}
		list = append(list, v.text)
	}
	return list, nil
}

// pattern is the member's regular expression, nil when it is not there.
func (p place) pattern() (*pattern, error) {
	text, ok, err := p.string()
	if !ok || err != nil {
		return nil, err
	}
	re, err := newPattern(text)
	if err != nil {
		return nil, p.fail("not a regular expression: %v", err)
	}
	return re, nil
}

// loadAnnotations reads what a schema says about itself.
func (l *loader) loadAnnotations(n *node, p place) error {
	for _, a := range []struct {
		keyword string
		to      **value
	}{{l.idKeyword(), &n.id}, {"title", &n.title}, {"description", &n.description}} {
		at := p.member(a.keyword)
		if _, _, err := at.string(); err != nil {
			if l.draft.modern() && a.to == &n.id {
				continue // no identifier then
			}
			return err
		}
		*a.to = at.value
	}
	if n.id != nil && !isURI(n.id.text) {
		return p.member(l.idKeyword()).fail("must be a URI reference")
	}
	n.fallback = p.value.get("default")
	n.others = l.others(p.value)
	if v := p.value.get("connect.type"); v != nil && v.kind == stringValue && v.text == "bytes" {
		n.connectBytes = true
	}
	return nil
}

// others is the members of a schema that mean nothing to its draft, nil when there are none. Two schemas
// that differ in them are not the same to the registries.
func (l *loader) others(v *value) *value {
	var rest *value
	hidden := !l.draft.modern() && v.get("$ref") != nil
	for i, keyword := range v.keys {
		switch keyword {
		case "title", "description", "default", "$ref", l.idKeyword():
			continue
		}
		if hidden || !l.draft.knows(keyword) {
			if rest == nil {
				rest = &value{kind: objectValue}
			}
			rest.set(keyword, v.values[i])
		}
	}
	return rest
}

// knows reports whether the draft's keywords that are read as parts of a schema have this one.
func (d Draft) knows(keyword string) bool {
	if d.modern() {
		switch keyword {
		case "properties", "patternProperties", "unevaluatedItems", "unevaluatedProperties", "then", "else", "minContains", "maxContains",
			"$anchor", "$dynamicAnchor", "$schema", "deprecated":
			return true
		}
		return keyword != "$defs" && modernKeywordOf(keyword) != nil
	}
	switch keyword {
	case "contains", "propertyNames", "const":
		return d != Draft4
	case "if", "then", "else":
		return d == Draft7
	case "enum", "allOf", "anyOf", "oneOf", "not", "type":
		return true
	}
	for _, group := range [][]string{stringKeywords, numberKeywords, arrayKeywords, objectKeywords} {
		if slices.Contains(group, keyword) {
			return true
		}
	}
	return false
}

// knowsFormat reports whether the registries know a format of the drafts 4, 6 and 7. One that they do not
// know is as if it were not there.
func (d Draft) knowsFormat(format string) bool {
	switch format {
	case "date-time", "uri", "email", "ipv4", "ipv6", "hostname":
		return true
	case "json-pointer", "uri-reference", "uri-template":
		return d != Draft4
	case "date", "time", "regex", "relative-json-pointer":
		return d == Draft7
	}
	return false
}
