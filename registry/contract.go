package registry

import (
	"encoding/json"
	"maps"
	"slices"
)

// Metadata is what a registry keeps beside a schema's text (data contracts).
type Metadata struct {
	Tags       map[string][]string `json:"tags,omitempty"` // by path pattern
	Properties map[string]string   `json:"properties,omitempty"`
	Sensitive  []string            `json:"sensitive,omitempty"` // names of properties to keep secret

	// Unknown holds the members of a newer registry that have no field here.
	// They are sent again as they came, so that what was read can be registered
	// elsewhere without loss; numbers keep their digits.
	Unknown map[string]json.RawMessage `json:"-"`
}

// RuleSet holds the data-contract rules of a schema, by the phase they act in.
type RuleSet struct {
	MigrationRules []Rule `json:"migrationRules,omitempty"`
	DomainRules    []Rule `json:"domainRules,omitempty"`
	EncodingRules  []Rule `json:"encodingRules,omitempty"`
	EnableAt       string `json:"enableAt,omitempty"`

	Unknown map[string]json.RawMessage `json:"-"` // as in Metadata
}

// Rule is one data-contract rule. concord carries rules unchanged.
type Rule struct {
	Name      string            `json:"name,omitempty"`
	Doc       string            `json:"doc,omitempty"`
	Kind      string            `json:"kind,omitempty"` // TRANSFORM or CONDITION
	Mode      string            `json:"mode,omitempty"` // UPGRADE, DOWNGRADE, UPDOWN, WRITE, READ, WRITEREAD
	Type      string            `json:"type,omitempty"` // the engine: CEL, JSONATA, ENCRYPT, ...
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled,omitempty"`

	Unknown map[string]json.RawMessage `json:"-"` // as in Metadata
}

// The same types without their methods, which would call themselves.
type (
	plainMetadata Metadata
	plainRuleSet  RuleSet
	plainRule     Rule
)

// MarshalJSON writes the REST form, unknown members included.
func (m Metadata) MarshalJSON() ([]byte, error) { return marshalKeeping(plainMetadata(m), m.Unknown) }

// UnmarshalJSON reads the REST form.
func (m *Metadata) UnmarshalJSON(data []byte) error {
	var p plainMetadata
	unknown, err := unmarshalKeeping(data, &p)
	if err == nil {
		p.Unknown = unknown
		*m = Metadata(p)
	}
	return err
}

// MarshalJSON writes the REST form, unknown members included.
func (r RuleSet) MarshalJSON() ([]byte, error) { return marshalKeeping(plainRuleSet(r), r.Unknown) }

// UnmarshalJSON reads the REST form.
func (r *RuleSet) UnmarshalJSON(data []byte) error {
	var p plainRuleSet
	unknown, err := unmarshalKeeping(data, &p)
	if err == nil {
		p.Unknown = unknown
		*r = RuleSet(p)
	}
	return err
}

// MarshalJSON writes the REST form, unknown members included.
func (r Rule) MarshalJSON() ([]byte, error) { return marshalKeeping(plainRule(r), r.Unknown) }

// UnmarshalJSON reads the REST form.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var p plainRule
	unknown, err := unmarshalKeeping(data, &p)
	if err == nil {
		p.Unknown = unknown
		*r = Rule(p)
	}
	return err
}

func (m *Metadata) clone() *Metadata {
	if m == nil {
		return nil
	}
	c := *m
	c.Tags = maps.Clone(m.Tags)
	for k, v := range c.Tags {
		c.Tags[k] = slices.Clone(v)
	}
	c.Properties = maps.Clone(m.Properties)
	c.Sensitive = slices.Clone(m.Sensitive)
	c.Unknown = cloneUnknown(m.Unknown)
	return &c
}

func (m *Metadata) size() (n int64) {
	if m == nil {
		return 0
	}
	for k, v := range m.Tags {
		n += stringsSize(v) + int64(len(k)) + 64
	}
	return n + mapSize(m.Properties) + stringsSize(m.Sensitive) + unknownSize(m.Unknown) + 128
}

func (r *RuleSet) clone() *RuleSet {
	if r == nil {
		return nil
	}
	c := *r
	for _, rules := range []*[]Rule{&c.MigrationRules, &c.DomainRules, &c.EncodingRules} {
		*rules = slices.Clone(*rules)
		for i, rule := range *rules {
			(*rules)[i].Tags = slices.Clone(rule.Tags)
			(*rules)[i].Params = maps.Clone(rule.Params)
			(*rules)[i].Unknown = cloneUnknown(rule.Unknown)
		}
	}
	c.Unknown = cloneUnknown(r.Unknown)
	return &c
}

func (r *RuleSet) size() (n int64) {
	if r == nil {
		return 0
	}
	for _, rules := range [][]Rule{r.MigrationRules, r.DomainRules, r.EncodingRules} {
		for _, rule := range rules {
			n += int64(len(rule.Name)+len(rule.Doc)+len(rule.Expr)) + stringsSize(rule.Tags) + mapSize(rule.Params) + unknownSize(rule.Unknown) + 256
		}
	}
	return n + unknownSize(r.Unknown) + 128
}

func mapSize(m map[string]string) (n int64) {
	for k, v := range m {
		n += int64(len(k)+len(v)) + 48
	}
	return n
}

func stringsSize(s []string) (n int64) {
	for _, v := range s {
		n += int64(len(v)) + 16
	}
	return n
}
