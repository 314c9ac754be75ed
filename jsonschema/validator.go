package jsonschema

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	engine "github.com/santhosh-tekuri/jsonschema/v6"
)

// ValidatorOption changes a [Validator]. It is a [FormatOption], too.
type ValidatorOption interface {
	FormatOption
	applyToValidator(*validatorConfig)
}

type validatorConfig struct {
	formats bool
	limits  ValidationLimits
}

type validatorOption func(*validatorConfig)

func (o validatorOption) applyToValidator(c *validatorConfig) { o(c) }
func (o validatorOption) applyToFormat(c *formatConfig)       { c.validator = append(c.validator, o) }

// AssertFormats makes the keyword format a rule. Without it, it is a remark.
func AssertFormats() ValidatorOption {
	return validatorOption(func(c *validatorConfig) { c.formats = true })
}

// WithValidationLimits sets the limits; see [ValidationLimits] for the defaults.
func WithValidationLimits(l ValidationLimits) ValidatorOption {
	return validatorOption(func(c *validatorConfig) { c.limits = l })
}

// ValidationLimits bounds what validation may cost. A zero or negative field means its default.
type ValidationLimits struct {
	References int // schemas that a schema refers to, directly or not: 100
	Depth      int // of nested arrays and objects in a value: 512, and at most 1000
	Steps      int // schemas that are applied to one value and its parts: 1,000,000
	Digits     int // of a number, and the size of its exponent: 400
}

func (l ValidationLimits) resolve() ValidationLimits {
	pick := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	pick(&l.References, 100)
	pick(&l.Depth, 512)
	pick(&l.Steps, 1_000_000)
	pick(&l.Digits, 400)
	l.Depth = min(l.Depth, 1000)
	return l
}

// Validator checks values against one schema. It is safe for concurrent use.
type Validator struct {
	schema *Schema
	config validatorConfig
	accept *acceptor // nil where the schema is outside the fast path
	runs   sync.Pool // of *validation
}

// NewValidator compiles a schema. It is an error of type [*SchemaError] if the schema is not as its
// draft's own schema wants it, or has an expression that RE2 does not know.
func NewValidator(s *Schema, opts ...ValidatorOption) (*Validator, error) {
	v := &Validator{schema: s}
	for _, o := range opts {
		o.applyToValidator(&v.config)
	}
	v.config.limits = v.config.limits.resolve()
	if n := len(s.references); n > v.config.limits.References {
		return nil, newLimitError("", "it refers to %d schemas, more than the %d that are allowed: raise ValidationLimits.References if it can be trusted", n, v.config.limits.References)
	}
	first, err := v.compile()
	if err != nil {
		return nil, err
	}
	v.runs.Put(first)
	v.accept = newAcceptor(s, v.config)
	return v, nil
}

// Validate checks a JSON text. The error is a [*ValidationError], or a [*PayloadError] if the bytes are no
// JSON, or more of it than the limits allow.
func (v *Validator) Validate(text []byte) error {
	if err := checkText(text, v.config.limits.Depth); err != nil {
		return err
	}
	return v.validate(text)
}

// validate is Validate of a text that is known to be JSON with names that occur once.
func (v *Validator) validate(text []byte) error {
	if v.accept != nil && v.accept.accepts(text) {
		return nil
	}
	return v.explain(text)
}

// explain asks the engine, which alone refuses.
func (v *Validator) explain(text []byte) error {
	if err := checkDepth(text, v.config.limits.Depth); err != nil {
		return err
	}
	tree, err := parseTree(text, v.config.limits.Digits)
	if err != nil {
		return err
	}
	run, _ := v.runs.Get().(*validation)
	if run == nil {
		if run, err = v.compile(); err != nil {
			return err
		}
	}
	defer v.runs.Put(run)
	return run.validate(tree)
}

// validation is a compiled schema that counts its steps: one goroutine at a time uses it.
type validation struct {
	schema *engine.Schema
	left   int
	limit  int
}

// errTooManySteps is what the engine is left with by a panic: it knows no other way.
var errTooManySteps = errors.New("too many steps")

func (r *validation) validate(tree any) (err error) {
	defer func() {
		if p := recover(); p == errTooManySteps { //nolint:errorlint // it is the value itself
			err = newPayloadLimit(-1, fmt.Sprintf("validation takes more than %d steps: the schema's references multiply with the value's depth", r.limit))
		} else if p != nil {
			panic(p)
		}
	}()
	r.left = r.limit
	err = r.schema.Validate(tree)
	if err == nil {
		return nil
	}
	refused := new(engine.ValidationError)
	if !errors.As(err, &refused) {
		return err
	}
	found := &ValidationError{}
	found.collect(refused)
	slices.SortStableFunc(found.Violations, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.InstancePath, b.InstancePath), strings.Compare(a.SchemaPath, b.SchemaPath))
	})
	return found
}

// Validate counts a schema that is applied.
func (r *validation) Validate(*engine.ValidatorContext, any) {
	if r.left--; r.left < 0 {
		panic(errTooManySteps)
	}
}

// engineFormats are those that the engine knows.
var engineFormats = []string{
	"regex", "json-pointer", "relative-json-pointer", "uuid", "duration", "period", "ipv4", "ipv6", "hostname", "email", "date", "time", "date-time",
	"uri", "uri-reference", "uri-template", "iri", "iri-reference", "idn-hostname", "idn-email", "semver",
}

const rootURL = "mem:///schema.json"

// compile makes the engine's form of the schema.
func (v *Validator) compile() (*validation, error) {
	run := &validation{limit: v.config.limits.Steps}
	c := engine.NewCompiler()
	c.DefaultDraft(engineDraft(v.schema.draft))
	c.UseRegexpEngine(compileRegexp)
	c.RegisterVocabulary(&engine.Vocabulary{URL: "mem:///steps", Compile: func(*engine.CompilerContext, map[string]any) (engine.SchemaExt, error) {
		return run, nil
	}})
	c.AssertVocabs()
	if v.config.formats {
		c.AssertFormat()
	} else { // the engine asserts them in the older drafts
		for _, name := range engineFormats {
			c.RegisterFormat(&engine.Format{Name: name, Validate: func(any) error { return nil }})
		}
	}
	documents := make(documentLoader)
	base := newLoader(v.schema).identify(rootURL, v.schema.doc)
	bases := []string{base, rootURL}
	for _, r := range v.schema.references {
		bases = append(bases, resolveURI(base, r.Name))
	}
	for _, r := range v.schema.references {
		tree := engineTree(r.Schema)
		for _, b := range bases {
			documents.add(resolveURI(b, r.Name), tree)
		}
		documents.add(r.Name, tree)
		if id := r.Schema.text("$id"); id != "" {
			documents.add(strings.TrimSuffix(id, "#"), tree)
		}
	}
	c.UseLoader(documents)
	if err := c.AddResource(rootURL, engineTree(v.schema)); err != nil {
		return nil, newSchemaError("", "%s", reasonOf(err))
	}
	var err error
	if run.schema, err = c.Compile(rootURL); err != nil {
		return nil, newSchemaError("", "%s", reasonOf(err))
	}
	return run, nil
}

func reasonOf(err error) string {
	const most = 1000
	text := err.Error()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// documentLoader gives the engine the registry's references and nothing else.
type documentLoader map[string]any

func (d documentLoader) add(url string, tree any) {
	if _, ok := d[url]; !ok {
		d[url] = tree
	}
}

func (d documentLoader) Load(url string) (any, error) {
	if tree, ok := d[url]; ok {
		return tree, nil
	}
	return nil, fmt.Errorf("%s is not one of the schema's references: files and URLs are never read", excerpt(url))
}

func engineDraft(d Draft) *engine.Draft {
	switch d {
	case Draft4:
		return engine.Draft4
	case Draft6:
		return engine.Draft6
	case Draft2019_09:
		return engine.Draft2019
	case Draft2020_12:
		return engine.Draft2020
	}
	return engine.Draft7
}

// engineTree is a schema as the engine takes it. A $schema that nobody knows means the default draft.
func engineTree(s *Schema) any {
	tree := s.doc.tree()
	if m, ok := tree.(map[string]any); ok {
		if name, ok := m["$schema"].(string); ok {
			known := slices.ContainsFunc([]Draft{Draft4, Draft6, Draft7, Draft2019_09, Draft2020_12}, func(d Draft) bool {
				return strings.TrimSuffix(name, "#") == d.String()
			})
			if !known {
				delete(m, "$schema")
			}
		}
	}
	return tree
}

// compileRegexp is RE2, within the limit of size.
func compileRegexp(text string) (engine.Regexp, error) {
	p, err := newPattern(text)
	if err != nil {
		return nil, err
	}
	if re := p.compile(); re != nil {
		return re, nil
	}
	if _, err := regexp.Compile(text); err != nil {
		return nil, fmt.Errorf("the expression %s is none of RE2, which has no look-around and no back-references", excerpt(text))
	}
	return nil, fmt.Errorf("the expression %s is too large", excerpt(text))
}
