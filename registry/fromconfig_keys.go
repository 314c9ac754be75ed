package registry

import (
	"crypto/tls"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
)

// hostnameKey is the key whose empty value means something.
const hostnameKey = "ssl.endpoint.identification.algorithm"

// forEver is the TTL of what does not expire.
const forEver = time.Duration(math.MaxInt64 / 2)

// configKeys are the keys that have a meaning here, without the prefix. Each takes a
// trimmed value and returns what is wrong with it, without the value.
var configKeys = map[string]func(r *configReader, key, value string) string{
	"url": func(r *configReader, _, value string) string {
		for u := range strings.SplitSeq(value, ",") {
			if u = strings.TrimSpace(u); u == "" {
				continue
			}
			if strings.HasPrefix(u, "mock:") {
				return "mock:// is a registry in the memory of a Java process: in tests use package registrytest, and on a developer's machine the command concord dev"
			}
			if _, _, err := newEndpoint(u, len(r.urls)+1); err != nil {
				return strings.TrimPrefix(err.Error(), "registry: ")
			}
			r.urls = append(r.urls, u)
		}
		if len(r.urls) == 0 {
			return "it has commas and no URL"
		}
		return ""
	},
	"url.randomize": func(r *configReader, _, value string) string { return readBool(&r.shuffle, value) },

	"basic.auth.credentials.source": func(r *configReader, _, value string) string {
		switch r.basicFrom = strings.ToUpper(value); r.basicFrom {
		case "URL", "USER_INFO":
			return ""
		case "SASL_INHERIT":
			r.basicFrom = ""
			return "SASL_INHERIT takes the credentials of another client: make it USER_INFO, and give them as basic.auth.user.info"
		}
		r.basicFrom = ""
		return "want URL or USER_INFO"
	},
	"basic.auth.user.info": func(r *configReader, _, value string) string { r.basic = value; return "" },

	"bearer.auth.credentials.source": func(r *configReader, _, value string) string {
		switch r.bearer = strings.ToUpper(value); r.bearer {
		case "STATIC_TOKEN", "OAUTHBEARER":
			return ""
		case "SASL_OAUTHBEARER_INHERIT":
			r.bearer = ""
			return "SASL_OAUTHBEARER_INHERIT takes the credentials of another client: make it OAUTHBEARER, with bearer.auth.issuer.endpoint.url, .client.id and .client.secret"
		case "CUSTOM":
			r.bearer = ""
			return "CUSTOM names a class of another language: take the bearer keys out, and give WithAuth(HeadersFrom(...)) to FromConfig"
		}
		r.bearer = ""
		return "want STATIC_TOKEN or OAUTHBEARER"
	},
	"bearer.auth.token":               func(r *configReader, _, value string) string { r.token = value; return "" },
	"bearer.auth.issuer.endpoint.url": func(r *configReader, _, value string) string { r.oauth.TokenURL = value; return "" },
	"bearer.auth.client.id":           func(r *configReader, _, value string) string { r.oauth.ClientID = value; return "" },
	"bearer.auth.client.secret": func(r *configReader, _, value string) string {
		r.oauth.ClientSecret = NewSecret(value)
		return ""
	},
	"bearer.auth.scope":            func(r *configReader, _, value string) string { r.oauth.Scopes = strings.Fields(value); return "" },
	"bearer.auth.logical.cluster":  func(r *configReader, _, value string) string { r.oauth.LogicalCluster = value; return "" },
	"bearer.auth.identity.pool.id": func(r *configReader, _, value string) string { r.oauth.IdentityPool = value; return "" },
	"bearer.auth.cache.expiry.buffer.seconds": func(r *configReader, _, value string) string {
		n, why := readInt(value)
		r.oauth.RefreshAhead = time.Duration(n) * time.Second
		return why
	},

	"ssl.truststore.location":        func(r *configReader, key, value string) string { return r.file(&r.tls.CAFile, key, value) },
	"ssl.ca.location":                func(r *configReader, key, value string) string { return r.file(&r.tls.CAFile, key, value) },
	"ssl.truststore.certificates":    func(r *configReader, key, value string) string { return r.file(&r.tls.CAPEM, key, value) },
	"ssl.ca.pem":                     func(r *configReader, key, value string) string { return r.file(&r.tls.CAPEM, key, value) },
	"ssl.certificate.location":       func(r *configReader, key, value string) string { return r.file(&r.tls.CertFile, key, value) },
	"ssl.key.location":               func(r *configReader, key, value string) string { return r.file(&r.tls.KeyFile, key, value) },
	"ssl.keystore.certificate.chain": func(r *configReader, key, value string) string { return r.file(&r.tls.CertPEM, key, value) },
	"ssl.certificate.pem":            func(r *configReader, key, value string) string { return r.file(&r.tls.CertPEM, key, value) },
	"ssl.keystore.key":               (*configReader).keyPEM,
	"ssl.key.pem":                    (*configReader).keyPEM,
	"ssl.keystore.location": func(r *configReader, key, value string) string {
		if why := r.file(&r.tls.CertFile, key, value); why != "" {
			return why
		}
		return r.file(&r.tls.KeyFile, key, value)
	},
	"ssl.truststore.type":   storeType,
	"ssl.keystore.type":     storeType,
	"ssl.protocol":          (*configReader).protocols,
	"ssl.enabled.protocols": (*configReader).protocols,
	hostnameKey: func(r *configReader, _, value string) string {
		switch strings.ToLower(value) {
		case "", "none":
			r.tls.InsecureSkipHostname, r.hasTLS = true, true
		case "https":
		default:
			return "want https, none or nothing"
		}
		return ""
	},
	"enable.ssl.certificate.verification": func(_ *configReader, _, value string) string {
		verify := false
		if why := readBool(&verify, value); why != "" || verify {
			return why
		}
		return "false would trust anybody: give the authority as ssl.ca.location"
	},

	"proxy":      func(r *configReader, _, value string) string { r.proxy = value; return "" },
	"proxy.host": func(r *configReader, _, value string) string { r.proxyHost = value; return "" },
	"proxy.port": func(r *configReader, _, value string) string {
		n, err := strconv.Atoi(value)
		if n == -1 && err == nil {
			return "" // Java's default
		}
		if err != nil || n < 1 || n > 65535 {
			r.proxyPort = -1
			return "want a port, 1 to 65535"
		}
		r.proxyPort = n
		return ""
	},

	"http.connect.timeout.ms": func(r *configReader, key, value string) string { return r.millis(&r.connect, key, value) },
	"connection.timeout.ms":   func(r *configReader, key, value string) string { return r.millis(&r.connect, key, value) },
	"http.read.timeout.ms":    func(r *configReader, key, value string) string { return r.millis(&r.attempt, key, value) },
	"request.timeout.ms":      func(r *configReader, key, value string) string { return r.millis(&r.attempt, key, value) },
	"timeout": func(r *configReader, key, value string) string {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds >= 0 && seconds <= math.MaxInt32) {
			return "want a number of seconds, 0 or above"
		}
		return r.duration(&r.attempt, key, time.Duration(seconds*float64(time.Second)))
	},
	"max.retries": func(r *configReader, _, value string) string {
		n, why := readInt(value)
		if n > 100 {
			return "want 0 to 100"
		}
		r.retries = &n
		return why
	},
	"retries.wait.ms":         func(r *configReader, key, value string) string { return r.millis(&r.wait, key, value) },
	"retries.max.wait.ms":     func(r *configReader, key, value string) string { return r.millis(&r.longest, key, value) },
	"max.schemas.per.subject": (*configReader).cacheSize,
	"max.cached.schemas":      (*configReader).cacheSize,
	"cache.capacity":          (*configReader).cacheSize,
	"latest.cache.size":       (*configReader).cacheSize,
	"missing.cache.size":      (*configReader).cacheSize,

	"latest.cache.ttl.sec":          (*configReader).latestTTL,
	"latest.cache.ttl.secs":         (*configReader).latestTTL,
	"cache.latest.ttl.sec":          (*configReader).latestTTL,
	"missing.id.cache.ttl.sec":      (*configReader).missingTTL,
	"missing.version.cache.ttl.sec": (*configReader).missingTTL,
	"missing.schema.cache.ttl.sec":  (*configReader).missingTTL,
}

// secretKeys are those whose values are taken as they are, blanks at the ends too.
var secretKeys = map[string]bool{"basic.auth.user.info": true, "bearer.auth.token": true, "bearer.auth.client.secret": true}

func readBool(to *bool, value string) string {
	switch strings.ToLower(value) {
	case "true":
		*to = true
	case "false":
		*to = false
	default:
		return "want true or false"
	}
	return ""
}

// readInt reads a number as Java's int.
func readInt(value string) (int, string) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return 0, "want a whole number, 0 to 2147483647"
	}
	return int(n), ""
}

// once reports a second key for the same thing.
func (r *configReader) once(to any, key string) string {
	if r.from == nil {
		r.from = make(map[any]string)
	}
	if first := r.from[to]; first != "" {
		return "it says the same as " + first + ": take one out"
	}
	r.from[to] = key
	return ""
}

func (r *configReader) file(to *string, key, value string) string {
	r.hasTLS = true
	why := r.once(to, key)
	*to = value
	return why
}

func (r *configReader) keyPEM(key, value string) string {
	r.hasTLS = true
	why := r.once(&r.tls.KeyPEM, key)
	r.tls.KeyPEM = NewSecret(value)
	return why
}

func storeType(_ *configReader, _, value string) string {
	if strings.EqualFold(value, "PEM") {
		return ""
	}
	return `only PEM is read: make it of a Java keystore with "keytool -importkeystore -deststoretype PKCS12", and of PKCS#12 with "openssl pkcs12"`
}

func (r *configReader) protocols(_, value string) string {
	for name := range strings.SplitSeq(value, ",") {
		lowest := r.tls.MinVersion
		switch strings.TrimSpace(name) {
		case "TLS", "":
			continue
		case "TLSv1.2":
			lowest = tls.VersionTLS12
		case "TLSv1.3":
			if lowest == 0 {
				lowest = tls.VersionTLS13
			}
		default:
			return "want TLSv1.2 or TLSv1.3, or both with a comma"
		}
		r.tls.MinVersion, r.hasTLS = lowest, true
	}
	return ""
}

func (r *configReader) millis(to **time.Duration, key, value string) string {
	n, why := readInt(value)
	if why != "" {
		return why
	}
	return r.duration(to, key, time.Duration(n)*time.Millisecond)
}

// duration keeps a time for which there may be several keys.
func (r *configReader) duration(to **time.Duration, key string, d time.Duration) string {
	why := r.once(to, key)
	*to = &d
	return why
}

func (r *configReader) cacheSize(_, value string) string {
	n, why := readInt(value)
	if r.entries == nil || *r.entries < n {
		r.entries = &n
	}
	return why
}

func (r *configReader) latestTTL(key, value string) string {
	if value == "-1" {
		return r.duration(&r.latest, key, forEver)
	}
	n, why := readInt(value)
	if why != "" {
		return "want a whole number of seconds, or -1 for ever"
	}
	return r.duration(&r.latest, key, time.Duration(n)*time.Second)
}

func (r *configReader) missingTTL(key, value string) string {
	n, why := readInt(value)
	if why != "" {
		return why
	}
	d := time.Duration(n) * time.Second
	if r.missing != nil && *r.missing != d {
		return "it differs from another missing.*.cache.ttl.sec, and concord has one time for all of them"
	}
	r.missing = &d
	return ""
}

func proxyAddress(host string, port int) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}
