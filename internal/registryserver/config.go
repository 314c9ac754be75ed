package registryserver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// config is what PUT /config sets; nil fields are not set. It is never changed once
// it is in the state.
type config struct {
	Alias              *string            `json:"alias,omitempty"`
	AliasForDeks       *string            `json:"aliasForDeks,omitempty"`
	Normalize          *bool              `json:"normalize,omitempty"`
	ValidateFields     *bool              `json:"validateFields,omitempty"`
	ValidateNewSchemas *bool              `json:"validateNewSchemas,omitempty"`
	ValidateRules      *bool              `json:"validateRules,omitempty"`
	Level              *string            `json:"compatibility,omitempty"`
	Policy             *string            `json:"compatibilityPolicy,omitempty"`
	Group              *string            `json:"compatibilityGroup,omitempty"`
	DefaultMetadata    *registry.Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata   *registry.Metadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet     *registry.RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet    *registry.RuleSet  `json:"overrideRuleSet,omitempty"`
}

// configAnswer is a config as GET and DELETE give it: the level under another key.
type configAnswer struct {
	config
	Level string `json:"compatibilityLevel"`
}

func (c *config) answer() configAnswer {
	a := configAnswer{*c, c.level()}
	a.config.Level = nil
	for _, text := range []**string{&a.Alias, &a.AliasForDeks, &a.Group} {
		if *text != nil && **text == "" {
			*text = nil
		}
	}
	return a
}

const defaultLevel = "BACKWARD"

var levels = []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}

func (c *config) level() string {
	if c.Level == nil {
		return defaultLevel
	}
	return *c.Level
}

// lenient reports whether schemas are compared under the policy LENIENT.
func (c *config) lenient() bool {
	return c.Policy != nil && *c.Policy == string(registry.PolicyLenient)
}

func isTrue(b *bool) bool { return b != nil && *b }

func (c *config) normalizes() bool { return isTrue(c.Normalize) }

// decorates reports whether metadata or rule sets of the config go into schemas.
func (c *config) decorates() bool {
	return c.DefaultMetadata != nil || c.OverrideMetadata != nil || c.DefaultRuleSet != nil || c.OverrideRuleSet != nil
}

// isGlobal reports whether a key is one of the scopes that are always there.
func isGlobal(key string) bool { return key == globalScope || key == everyScope }

// scopes are the keys at which the settings of a subject may be, nearest first.
func scopes(qualified string) []string {
	n := parseName(qualified)
	keys := []string{qualified, n.scope(), everyScope}
	return slices.Compact(keys) // the scope of a context may be asked for itself
}

// configInScope is what counts for a subject. A record of the nearest scope is
// filled up with some fields of those further out; the rest it does not inherit.
func (e *Engine) configInScope(qualified string) *config {
	var found *config
	for _, key := range scopes(qualified) {
		c := e.state.configs[key]
		switch {
		case c == nil:
		case found == nil:
			inherited := *c
			found = &inherited
		default:
			found.Normalize = cmp.Or(found.Normalize, c.Normalize)
			found.ValidateFields = cmp.Or(found.ValidateFields, c.ValidateFields)
			found.ValidateNewSchemas = cmp.Or(found.ValidateNewSchemas, c.ValidateNewSchemas)
			found.ValidateRules = cmp.Or(found.ValidateRules, c.ValidateRules)
			found.Policy = cmp.Or(found.Policy, c.Policy)
			found.Group = cmp.Or(found.Group, c.Group)
		}
	}
	if found == nil {
		return &config{}
	}
	return found
}

// update is the config with the fields that a request sets, and without those that
// it sets to null.
func (c config) update(o *object) (*config, error) {
	setText := func(field string, to **string) {
		if o.has(field) {
			*to = o.text(field)
		}
	}
	setTruth := func(field string, to **bool) {
		if o.has(field) {
			*to = o.truth(field)
		}
	}
	setText("alias", &c.Alias)
	setText("aliasForDeks", &c.AliasForDeks)
	setTruth("normalize", &c.Normalize)
	setTruth("validateFields", &c.ValidateFields)
	setTruth("validateNewSchemas", &c.ValidateNewSchemas)
	setTruth("validateRules", &c.ValidateRules)
	setText("compatibility", &c.Level)
	setText("compatibilityPolicy", &c.Policy)
	setText("compatibilityGroup", &c.Group)
	if o.has("defaultMetadata") {
		c.DefaultMetadata = o.metadata("defaultMetadata")
	}
	if o.has("overrideMetadata") {
		c.OverrideMetadata = o.metadata("overrideMetadata")
	}
	if o.has("defaultRuleSet") {
		c.DefaultRuleSet = o.ruleSet("defaultRuleSet")
	}
	if o.has("overrideRuleSet") {
		c.OverrideRuleSet = o.ruleSet("overrideRuleSet")
	}
	if o.err != nil {
		return nil, o.err
	}
	if c.Level != nil {
		level := strings.ToUpper(*c.Level)
		if !slices.Contains(levels, level) {
			return nil, fail(registry.ErrInvalidCompatibility, "Invalid compatibility level. Valid values are none, backward, "+
				"forward, full, backward_transitive, forward_transitive, and full_transitive")
		}
		c.Level = &level
	}
	if c.Policy != nil {
		policy := strings.ToUpper(*c.Policy)
		c.Policy = &policy
		if policy != "STRICT" && policy != "LENIENT" {
			c.Policy = nil
		}
	}
	return &c, nil
}

func (c *call) showConfig() (any, error) {
	e, key := c.e, c.subject()
	e.mu.RLock()
	defer e.mu.RUnlock()
	if own := e.state.configs[key]; own != nil {
		return own.answer(), nil
	}
	if isGlobal(key) {
		return (&config{}).answer(), nil
	}
	if !c.flag("defaultToGlobal") {
		return nil, fail(registry.ErrNoSubjectCompatibility, "Subject '%s' does not have subject-level compatibility configured", c.param("subject"))
	}
	for _, k := range scopes(key) {
		if r := e.state.configs[k]; r != nil {
			return r.answer(), nil
		}
	}
	return (&config{}).answer(), nil
}

func (c *call) setConfig() (any, error) {
	o, err := parseObject(c.body)
	if err != nil {
		return nil, err
	}
	e, key := c.e, c.subject()
	e.mu.Lock()
	defer e.mu.Unlock()
	var old config
	if r := e.state.configs[key]; r != nil {
		old = *r
	}
	updated, err := old.update(o)
	if err != nil {
		return nil, err
	}
	if err := checkScope(c.param("subject")); err != nil {
		return nil, err
	}
	if err := e.checkWritable(key); err != nil {
		return nil, err
	}
	return updated, e.commit(op{Config: &configOp{key, updated}})
}

func (c *call) deleteConfig() (any, error) {
	e, key := c.e, c.subject()
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.state.configs[key]
	if old == nil {
		if isGlobal(key) {
			return (&config{}).answer(), nil
		}
		return nil, subjectNotFound(c.param("subject"))
	}
	if err := e.checkWritable(key); err != nil {
		return nil, err
	}
	return old.answer(), e.commit(op{Config: &configOp{Key: key}})
}

// checkScope refuses names that are neither subjects nor scopes. The path without a
// subject is the global scope.
func checkScope(subject string) error {
	if subject == "" || subject == everyScope {
		return nil
	}
	return checkSubject(subject)
}
