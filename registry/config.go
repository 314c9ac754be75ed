package registry

import (
	"context"
	"errors"
	"net/http"
)

// Scope is what a configuration or mode is set for: [Global] or [OfSubject]. The
// zero value is neither, and an error: an empty variable must not change the
// whole registry.
type Scope struct {
	global  bool
	subject Subject
}

// Global is the whole registry, or where it has several contexts the default one,
// or the client's ([WithSchemaContext]).
func Global() Scope { return Scope{global: true} }

// OfSubject is one subject; with a context alone, ":.staging:", that context.
func OfSubject(subject Subject) Scope { return Scope{subject: subject} }

// request is a request for the setting under root, "/config" or "/mode".
func (s Scope) request(c *Client, method, root string) (request, error) {
	subject := c.of(s.subject)
	if s.global {
		if subject = Subject(c.context); subject == "" {
			return newRequest(method, root), nil
		}
	}
	req := newRequest(method, root+"/{subject}", string(subject))
	return req, checkSubject(req, subject)
}

// Config is what a registry keeps for a scope beside its mode. A zero field is
// not set.
type Config struct {
	Compatibility      Level
	CompatibilityGroup string // the metadata property whose value divides versions into groups
	Alias              Subject
	Normalize          *bool
	ValidateFields     *bool
}

type wireConfig struct {
	Level              Level   `json:"compatibilityLevel,omitempty"` // in answers to GET and DELETE
	Compatibility      Level   `json:"compatibility,omitempty"`      // in PUT, and its answer
	CompatibilityGroup string  `json:"compatibilityGroup,omitempty"`
	Alias              Subject `json:"alias,omitempty"`
	Normalize          *bool   `json:"normalize,omitempty"`
	ValidateFields     *bool   `json:"validateFields,omitempty"`
}

func (w *wireConfig) config() Config {
	c := Config{w.Level, w.CompatibilityGroup, w.Alias, w.Normalize, w.ValidateFields}
	if c.Compatibility == "" {
		c.Compatibility = w.Compatibility
	}
	return c
}

// Config returns the configuration of a scope (GET /config, /config/{subject}).
// The error matches [ErrNoSubjectCompatibility] where a subject has none, unless
// [DefaultToGlobal] is given.
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
	var w wireConfig
	err = c.do(ctx, req, into(&w, func(w *wireConfig) error {
		if w.Level == "" && w.Compatibility == "" {
			return errors.New(`it has no "compatibilityLevel"`)
		}
		return nil
	}))
	return w.config(), err
}

// SetConfig sets the fields of config that are not zero, keeps the others
// (PUT /config, /config/{subject}), and returns what the registry answered. A
// field cannot be cleared alone: DeleteConfig clears all of them.
func (c *Client) SetConfig(ctx context.Context, scope Scope, config Config) (Config, error) {
	req, err := scope.request(c, http.MethodPut, "/config")
	if err != nil {
		return Config{}, err
	}
	if config == (Config{}) {
		return Config{}, req.refuse(ErrInvalidCompatibility, "no field of the Config is set")
	}
	req.body = wireConfig{"", config.Compatibility, config.CompatibilityGroup, config.Alias, config.Normalize, config.ValidateFields}
	var w wireConfig
	err = c.do(ctx, req, into(&w, func(w *wireConfig) error {
		if w.config() == (Config{}) {
			return errors.New("it has no configuration")
		}
		return nil
	}))
	return w.config(), err
}

// DeleteConfig removes the configuration of a scope, so that the one above it is
// in force, and returns what it was (DELETE /config, /config/{subject}).
func (c *Client) DeleteConfig(ctx context.Context, scope Scope) (Config, error) {
	req, err := scope.request(c, http.MethodDelete, "/config")
	if err != nil {
		return Config{}, err
	}
	var w wireConfig
	err = c.do(ctx, req, into(&w, nil))
	return w.config(), err
}

type wireMode struct {
	Mode Mode `json:"mode,omitempty"`
}

// Mode returns the mode of a scope (GET /mode, /mode/{subject}). The error matches
// [ErrNoSubjectMode] where a subject has none, unless [DefaultToGlobal] is given.
func (c *Client) Mode(ctx context.Context, scope Scope, opts ...ScopeOption) (Mode, error) {
	var cfg scopeConfig
	for _, opt := range opts {
		opt.applyScope(&cfg)
	}
	req, err := scope.request(c, http.MethodGet, "/mode")
	if err != nil {
		return "", err
	}
	req.query = set(map[string]bool{"defaultToGlobal": cfg.defaultToGlobal && !scope.global})
	var w wireMode
	err = c.do(ctx, req, into(&w, func(w *wireMode) error {
		if w.Mode == "" {
			return errors.New(`it has no "mode"`)
		}
		return nil
	}))
	return w.Mode, err
}

// SetMode sets the mode of a scope (PUT /mode, /mode/{subject}).
func (c *Client) SetMode(ctx context.Context, scope Scope, mode Mode, opts ...SetModeOption) error {
	var cfg setModeConfig
	for _, opt := range opts {
		opt.applySetMode(&cfg)
	}
	req, err := scope.request(c, http.MethodPut, "/mode")
	if err != nil {
		return err
	}
	if mode == "" {
		return req.refuse(ErrInvalidMode, "the mode is empty: DeleteMode removes one")
	}
	req.body = wireMode{mode}
	req.query = set(map[string]bool{"force": cfg.force})
	var w wireMode
	return c.do(ctx, req, into(&w, nil))
}

// DeleteMode removes the mode of a scope and returns what it was
// (DELETE /mode, /mode/{subject}).
func (c *Client) DeleteMode(ctx context.Context, scope Scope) (Mode, error) {
	req, err := scope.request(c, http.MethodDelete, "/mode")
	if err != nil {
		return "", err
	}
	var w wireMode
	err = c.do(ctx, req, into(&w, nil))
	return w.Mode, err
}
