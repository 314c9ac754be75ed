package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Config is what a registry keeps for a scope beside its mode. A zero field is
// not set.
type Config struct {
	Compatibility       Level
	CompatibilityPolicy Policy
	CompatibilityGroup  string // the metadata property whose value divides versions into groups

	Alias        Subject // the subject that the scope's name stands for
	AliasForDeks Subject // likewise, for data encryption keys

	Normalize          *bool // schemas are normalized without being asked to
	ValidateFields     *bool // reserved field names are refused
	ValidateNewSchemas *bool // new Avro schemas are checked strictly
	ValidateRules      *bool // rules are checked

	// What new versions get where they bring none of their own (Default), or
	// whatever they bring (Override).
	DefaultMetadata, OverrideMetadata *Metadata
	DefaultRuleSet, OverrideRuleSet   *RuleSet

	// Unknown holds the members of a newer registry that have no field here, as in
	// [Metadata]; SetConfig sends them.
	Unknown map[string]json.RawMessage
}

// ConfigField names one field of a Config, for [Clear].
type ConfigField string

// The fields of a Config, by their names in REST bodies.
const (
	ConfigCompatibility       ConfigField = "compatibility"
	ConfigCompatibilityPolicy ConfigField = "compatibilityPolicy"
	ConfigCompatibilityGroup  ConfigField = "compatibilityGroup"
	ConfigAlias               ConfigField = "alias"
	ConfigAliasForDeks        ConfigField = "aliasForDeks"
	ConfigNormalize           ConfigField = "normalize"
	ConfigValidateFields      ConfigField = "validateFields"
	ConfigValidateNewSchemas  ConfigField = "validateNewSchemas"
	ConfigValidateRules       ConfigField = "validateRules"
	ConfigDefaultMetadata     ConfigField = "defaultMetadata"
	ConfigOverrideMetadata    ConfigField = "overrideMetadata"
	ConfigDefaultRuleSet      ConfigField = "defaultRuleSet"
	ConfigOverrideRuleSet     ConfigField = "overrideRuleSet"
)

type wireConfig struct {
	Level              Level     `json:"compatibilityLevel,omitempty"` // in answers to GET and DELETE
	Compatibility      Level     `json:"compatibility,omitempty"`      // in PUT, and its answer
	Policy             Policy    `json:"compatibilityPolicy,omitempty"`
	Group              string    `json:"compatibilityGroup,omitempty"`
	Alias              Subject   `json:"alias,omitempty"`
	AliasForDeks       Subject   `json:"aliasForDeks,omitempty"`
	Normalize          *bool     `json:"normalize,omitempty"`
	ValidateFields     *bool     `json:"validateFields,omitempty"`
	ValidateNewSchemas *bool     `json:"validateNewSchemas,omitempty"`
	ValidateRules      *bool     `json:"validateRules,omitempty"`
	DefaultMetadata    *Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata   *Metadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet     *RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet    *RuleSet  `json:"overrideRuleSet,omitempty"`
}

// wire is the form in which a Config is sent.
func (c *Config) wire() wireConfig {
	return wireConfig{
		Compatibility: c.Compatibility, Policy: c.CompatibilityPolicy, Group: c.CompatibilityGroup,
		Alias: c.Alias, AliasForDeks: c.AliasForDeks,
		Normalize: c.Normalize, ValidateFields: c.ValidateFields,
		ValidateNewSchemas: c.ValidateNewSchemas, ValidateRules: c.ValidateRules,
		DefaultMetadata: c.DefaultMetadata, OverrideMetadata: c.OverrideMetadata,
		DefaultRuleSet: c.DefaultRuleSet, OverrideRuleSet: c.OverrideRuleSet,
	}
}

// configAnswer reads a Config.
type configAnswer struct{ Config }

func (a *configAnswer) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return errors.New("it is null")
	}
	var w wireConfig
	unknown, err := unmarshalKeeping(data, &w)
	if err != nil {
		return err
	}
	if w.Level == "" {
		w.Level = w.Compatibility
	}
	a.Config = Config{
		Compatibility: w.Level, CompatibilityPolicy: w.Policy, CompatibilityGroup: w.Group,
		Alias: w.Alias, AliasForDeks: w.AliasForDeks,
		Normalize: w.Normalize, ValidateFields: w.ValidateFields,
		ValidateNewSchemas: w.ValidateNewSchemas, ValidateRules: w.ValidateRules,
		DefaultMetadata: w.DefaultMetadata, OverrideMetadata: w.OverrideMetadata,
		DefaultRuleSet: w.DefaultRuleSet, OverrideRuleSet: w.OverrideRuleSet,
		Unknown: unknown,
	}
	return nil
}

// update is the body that sets what is set in config and clears the fields, as
// JSON members; a field that is both is an error.
func (c *Config) update(clear []ConfigField) (map[string]json.RawMessage, error) {
	data, err := marshalKeeping(c.wire(), c.Unknown)
	if err != nil {
		return nil, err
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, err
	}
	for _, field := range clear {
		if field == "" {
			return nil, errors.New("a field to clear has no name")
		}
		if _, both := body[string(field)]; both {
			return nil, fmt.Errorf("%q is both set and cleared", field)
		}
	}
	for _, field := range clear {
		body[string(field)] = json.RawMessage("null")
	}
	return body, nil
}

// Config returns the configuration of a scope (GET /config, /config/{subject}).
// The error matches [ErrNoSubjectCompatibility] where a subject has none, unless
// [DefaultToGlobal] is given. It is asked for anew each time.
func (c *Client) Config(ctx context.Context, scope Scope, opts ...ScopeOption) (Config, error) {
	var cfg scopeConfig
	for _, opt := range opts {
		opt.applyScope(&cfg)
	}
	req, err := scope.request(c, http.MethodGet, "/config")
	if err != nil {
		return Config{}, err
	}
	req.query = set(map[string]bool{"defaultToGlobal": cfg.defaultToGlobal && !scope.global})
	var a configAnswer
	err = c.do(ctx, req, into(&a, func(a *configAnswer) error {
		if a.Compatibility == "" {
			return errors.New(`it has no "compatibilityLevel"`)
		}
		return nil
	}))
	return a.Config, err
}

// SetConfig sets the fields of config that are not zero and keeps the others
// (PUT /config, /config/{subject}); [Clear] takes fields away. It returns what
// the registry answered: compare it where a registry may not know a field or its
// value, for it then answers without the field and without an error.
//
// The error matches [ErrInvalidCompatibility], [ErrInvalidRuleSet],
// [ErrInvalidSubject] or, in a mode that forbids it, [ErrNotPermitted]. What the
// client remembers of versions, look-ups and registrations is forgotten.
func (c *Client) SetConfig(ctx context.Context, scope Scope, config Config, opts ...SetConfigOption) (Config, error) {
	var cfg setConfigConfig
	for _, opt := range opts {
		opt.applySetConfig(&cfg)
	}
	req, err := scope.request(c, http.MethodPut, "/config")
	if err != nil {
		return Config{}, err
	}
	body, err := config.update(cfg.clear)
	if err != nil {
		return Config{}, req.error(err)
	}
	if len(body) == 0 {
		return Config{}, req.refuse(ErrInvalidCompatibility, "no field of the Config is set, and none to be cleared")
	}
	req.body = body
	defer c.settingChanged()
	var a configAnswer
	err = c.do(ctx, req, into(&a, nil))
	return a.Config, err
}

// DeleteConfig removes the configuration of a scope, so that the one above it
// counts, and returns what it was (DELETE /config, /config/{subject}). The error
// matches [ErrSubjectNotFound] where a subject or context has none. What the
// client remembers is forgotten as with SetConfig.
func (c *Client) DeleteConfig(ctx context.Context, scope Scope) (Config, error) {
	req, err := scope.request(c, http.MethodDelete, "/config")
	if err != nil {
		return Config{}, err
	}
	defer c.settingChanged()
	var a configAnswer
	err = c.do(ctx, req, into(&a, nil))
	return a.Config, err
}
