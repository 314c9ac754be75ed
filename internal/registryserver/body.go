package registryserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concord-go/concord/registry"
)

// object is a JSON body whose fields are read one by one: scalars of another kind
// are converted as the reference registry's JSON library does, unknown fields are
// ignored, and the first field that does not fit is the error.
type object struct {
	fields map[string]any
	err    error
}

// maxNesting is how deeply a body's JSON may be nested.
const maxNesting = 1000

var errNoBody = &problem{http.StatusUnprocessableEntity, "The request has no body: a JSON object is needed"}

// parseBody reads a body; a missing one and null are 422, and what is no JSON 400.
func parseBody(raw []byte) (any, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errNoBody
	}
	if nesting(raw) > maxNesting {
		return nil, failHTTP(http.StatusBadRequest, "The body's JSON is nested more than %d levels deep", maxNesting)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, failHTTP(http.StatusBadRequest, "The body is not JSON: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, failHTTP(http.StatusBadRequest, "The body has text after its JSON value")
	}
	if v == nil {
		return nil, errNoBody
	}
	return v, nil
}

// nesting is the depth of the JSON's brackets.
func nesting(raw []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// parseObject reads a body that must be an object.
func parseObject(raw []byte) (*object, error) {
	v, err := parseBody(raw)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, failHTTP(http.StatusBadRequest, "The body is not a JSON object")
	}
	return &object{fields: fields}, nil
}

func (o *object) refuse(field, want string) {
	if o.err == nil {
		o.err = failHTTP(http.StatusBadRequest, "Field %q of the body is not %s", field, want)
	}
}

// has tells an absent field from null.
func (o *object) has(field string) bool {
	_, ok := o.fields[field]
	return ok
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// text is a string field; nil when it is absent or null.
func (o *object) text(field string) *string {
	v := o.fields[field]
	if v == nil {
		return nil
	}
	s, ok := scalarText(v)
	if !ok {
		o.refuse(field, "a string")
		return nil
	}
	return &s
}

func (o *object) textOr(field, absent string) string {
	if s := o.text(field); s != nil {
		return *s
	}
	return absent
}

// integer is a 32-bit integer field; nil when it is absent, null or blank.
func (o *object) integer(field string) *int32 {
	v := o.fields[field]
	if v == nil {
		return nil
	}
	var n float64
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			o.refuse(field, "a 32-bit integer")
			return nil
		}
		n = f
	case string:
		if strings.TrimSpace(v) == "" {
			return nil
		}
		i, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil {
			o.refuse(field, "a 32-bit integer")
			return nil
		}
		n = float64(i)
	default:
		o.refuse(field, "a 32-bit integer")
		return nil
	}
	if n = math.Trunc(n); n < math.MinInt32 || n > math.MaxInt32 {
		o.refuse(field, "a 32-bit integer")
		return nil
	}
	i := int32(n)
	return &i
}

// truth is a boolean field; nil when it is absent or null.
func (o *object) truth(field string) *bool {
	var b bool
	switch v := o.fields[field].(type) {
	case nil:
		return nil
	case bool:
		b = v
	case json.Number:
		i, err := v.Int64()
		if err != nil {
			o.refuse(field, "a boolean")
			return nil
		}
		b = i != 0
	case string:
		switch strings.TrimSpace(v) {
		case "true", "True", "TRUE":
			b = true
		case "false", "False", "FALSE":
		case "":
			return nil
		default:
			o.refuse(field, "a boolean")
			return nil
		}
	default:
		o.refuse(field, "a boolean")
		return nil
	}
	return &b
}

// list is a list field.
func (o *object) list(field string) []any {
	v := o.fields[field]
	if v == nil {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		o.refuse(field, "a list")
	}
	return l
}

// objects are the objects in a list field.
func (o *object) objects(field string) []*object {
	var all []*object
	for _, v := range o.list(field) {
		fields, ok := v.(map[string]any)
		if !ok && v != nil {
			o.refuse(field, "a list of objects")
			return nil
		}
		all = append(all, &object{fields: fields})
	}
	return all
}

// inner is an object field; nil when it is absent or null.
func (o *object) inner(field string) *object {
	v := o.fields[field]
	if v == nil {
		return nil
	}
	fields, ok := v.(map[string]any)
	if !ok {
		o.refuse(field, "an object")
		return nil
	}
	return &object{fields: fields}
}

// adopt takes over the first error of an inner object.
func (o *object) adopt(inner *object) {
	if o.err == nil {
		o.err = inner.err
	}
}

// texts are the strings of a list field.
func (o *object) texts(field string) []string {
	l := o.list(field)
	if l == nil {
		return nil
	}
	all := make([]string, 0, len(l))
	for _, v := range l {
		s, ok := scalarText(v)
		if !ok {
			o.refuse(field, "a list of strings")
			return nil
		}
		all = append(all, s)
	}
	return all
}

// set is a list field without order and repetition.
func (o *object) set(field string) []string {
	all := o.texts(field)
	slices.Sort(all)
	return slices.Compact(all)
}

// textMap is an object field whose values are strings.
func (o *object) textMap(field string) map[string]string {
	in := o.inner(field)
	if in == nil {
		return nil
	}
	m := make(map[string]string, len(in.fields))
	for k, v := range in.fields {
		s, ok := scalarText(v)
		if !ok && v != nil {
			o.refuse(field, "an object of strings")
			return nil
		}
		m[k] = s
	}
	return m
}

func (o *object) references(field string) []registry.Reference {
	var refs []registry.Reference
	for _, r := range o.objects(field) {
		ref := registry.Reference{Name: r.textOr("name", ""), Subject: registry.Subject(r.textOr("subject", ""))}
		if v := r.integer("version"); v != nil {
			ref.Version = registry.Version(*v)
		}
		if r.text("name") == nil || r.text("subject") == nil || r.integer("version") == nil {
			ref.Version = 0 // refused where it is resolved
		}
		o.adopt(r)
		refs = append(refs, ref)
	}
	return refs
}

func (o *object) metadata(field string) *registry.Metadata {
	in := o.inner(field)
	if in == nil {
		return nil
	}
	m := &registry.Metadata{Properties: in.textMap("properties"), Sensitive: in.set("sensitive")}
	if tags := in.inner("tags"); tags != nil {
		m.Tags = make(map[string][]string, len(tags.fields))
		for k := range tags.fields {
			m.Tags[k] = tags.set(k)
		}
		in.adopt(tags)
	}
	o.adopt(in)
	return m
}

func (o *object) ruleSet(field string) *registry.RuleSet {
	in := o.inner(field)
	if in == nil {
		return nil
	}
	rs := &registry.RuleSet{
		MigrationRules: in.rules("migrationRules"),
		DomainRules:    in.rules("domainRules"),
		EncodingRules:  in.rules("encodingRules"),
		EnableAt:       in.textOr("enableAt", ""),
	}
	o.adopt(in)
	return rs
}

func (o *object) rules(field string) []registry.Rule {
	var rules []registry.Rule
	for _, r := range o.objects(field) {
		rule := registry.Rule{
			Name: r.textOr("name", ""), Doc: r.textOr("doc", ""), Kind: r.textOr("kind", "TRANSFORM"),
			Mode: r.textOr("mode", "WRITEREAD"), Type: r.textOr("type", ""), Tags: r.set("tags"),
			Params: r.textMap("params"), Expr: r.textOr("expr", ""),
			OnSuccess: r.textOr("onSuccess", ""), OnFailure: r.textOr("onFailure", ""),
		}
		if d := r.truth("disabled"); d != nil {
			rule.Disabled = *d
		}
		o.adopt(r)
		rules = append(rules, rule)
	}
	return rules
}
