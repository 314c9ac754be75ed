package registry

import (
	"maps"
	"slices"
)

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
	return &c
}

func (m *Metadata) size() (n int64) {
	if m == nil {
		return 0
	}
	for k, v := range m.Tags {
		n += stringsSize(v) + int64(len(k)) + 64
	}
	return n + mapSize(m.Properties) + stringsSize(m.Sensitive) + 128
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
		}
	}
	return &c
}

func (r *RuleSet) size() (n int64) {
	if r == nil {
		return 0
	}
	for _, rules := range [][]Rule{r.MigrationRules, r.DomainRules, r.EncodingRules} {
		for _, rule := range rules {
			n += int64(len(rule.Name)+len(rule.Doc)+len(rule.Expr)) + stringsSize(rule.Tags) + mapSize(rule.Params) + 256
		}
	}
	return n + 128
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
