package registry

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Auth is how a client proves who it is: [Basic] or [Bearer]. The zero value is
// no credentials, which [WithAuth] refuses.
type Auth struct {
	kind   authKind
	user   string
	secret Secret
}

type authKind uint8

const (
	authNone authKind = iota
	authBasic
	authBearer
)

// Basic is HTTP Basic authentication (RFC 7617): a user, or an API key, with its
// password.
func Basic(user string, password Secret) Auth { return Auth{authBasic, user, password} }

// Bearer is a fixed bearer token (RFC 6750).
func Bearer(token Secret) Auth { return Auth{kind: authBearer, secret: token} }

func (a Auth) check() error {
	switch a.kind {
	case authBasic:
		if a.user == "" || a.secret.IsZero() {
			return errors.New("registry: basic credentials are half given: both user and password are needed")
		}
		if strings.ContainsRune(a.user, ':') || !validHeader("X", a.user) || !validHeader("X", a.secret.Reveal()) {
			return errors.New("registry: a user or password has a colon or control character where RFC 7617 allows none")
		}
	case authBearer:
		if a.secret.IsZero() {
			return errors.New("registry: the bearer token is empty")
		}
		if !validHeader("X", a.secret.Reveal()) || strings.ContainsAny(a.secret.Reveal(), " \t") {
			return errors.New("registry: the bearer token has blanks or control characters")
		}
	default:
		return errors.New("registry: WithAuth was given no credentials: use Basic or Bearer")
	}
	return nil
}

// header is the value of the Authorization header; empty for none.
func (a Auth) header() Secret {
	switch a.kind {
	case authBasic:
		return NewSecret("Basic " + base64.StdEncoding.EncodeToString([]byte(a.user+":"+a.secret.Reveal())))
	case authBearer:
		return NewSecret("Bearer " + a.secret.Reveal())
	}
	return Secret{}
}
