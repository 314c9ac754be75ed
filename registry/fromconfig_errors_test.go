package registry_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

func TestConfigThatIsRefused(t *testing.T) {
	t.Parallel()
	jks := filepath.Join(t.TempDir(), "store.jks")
	write(t, jks, "\xfe\xed\xfe\xed"+canary)
	for name, tc := range map[string]struct {
		conf config
		says []string // a line each, in this order
	}{
		"nothing":                   {config{}, []string{"schema.registry.url: missing"}},
		"blanks for a URL":          {config{"url": "  "}, []string{"schema.registry.url: missing"}},
		"commas for a URL":          {config{"url": ",,"}, []string{"url: it has commas"}},
		"a bad URL":                 {config{"schema.registry.url": "http://a,localhost:8081/" + canary}, []string{"schema.registry.url: URL 2: its scheme"}},
		"a port for a password":     {config{"url": "http://user:" + canary}, []string{"a port is a number"}},
		"a mock":                    {config{"schema.registry.url": "mock://" + canary}, []string{"registrytest"}},
		"a bad choice":              {config{"url.randomize": canary}, []string{"url.randomize: want true or false"}},
		"inherited":                 {config{"basic.auth.credentials.source": "SASL_INHERIT"}, []string{"USER_INFO"}},
		"another source":            {config{"basic.auth.credentials.source": canary}, []string{"want URL or USER_INFO"}},
		"USER_INFO alone":           {config{"basic.auth.credentials.source": "USER_INFO"}, []string{"basic.auth.user.info is missing"}},
		"URL without":               {config{"basic.auth.credentials.source": "URL"}, []string{"no URL has user-info"}},
		"URL and user info":         {config{"basic.auth.credentials.source": "URL", "basic.auth.user.info": "u:" + canary}, []string{"is URL, and basic.auth.user.info"}},
		"a user alone":              {config{"basic.auth.user.info": canary}, []string{"user:password"}},
		"a password alone":          {config{"basic.auth.user.info": ":" + canary}, []string{"half given"}},
		"a user with a break":       {config{"basic.auth.user.info": "u:" + canary + "\n"}, []string{"control character"}},
		"user info, and in the URL": {config{"url": "http://u:" + canary + "@h", "basic.auth.user.info": "u:" + canary}, []string{"given twice"}},
		"basic and bearer":          {config{"basic.auth.user.info": "u:" + canary, "bearer.auth.token": canary}, []string{"given twice"}},
		"a source that is none":     {config{"bearer.auth.credentials.source": canary}, []string{"want STATIC_TOKEN or OAUTHBEARER"}},
		"inherited bearer":          {config{"bearer.auth.credentials.source": "SASL_OAUTHBEARER_INHERIT"}, []string{"make it OAUTHBEARER"}},
		"a class":                   {config{"bearer.auth.credentials.source": "CUSTOM", "bearer.auth.custom.provider.class": canary}, []string{"HeadersFrom", "HeadersFrom"}},
		"no token":                  {config{"bearer.auth.credentials.source": "STATIC_TOKEN"}, []string{"bearer.auth.token is missing"}},
		"a bad token":               {config{"bearer.auth.token": canary + "\n"}, []string{"blanks or control"}},
		"a token and a client":      {config{"bearer.auth.token": canary, "bearer.auth.client.id": canary}, []string{"take one out"}},
		"STATIC_TOKEN, client":      {config{"bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": canary, "bearer.auth.client.id": canary}, []string{"which are for OAUTHBEARER"}},
		"half a client":             {config{"bearer.auth.client.id": canary}, []string{"bearer.auth.issuer.endpoint.url: missing"}},
		"no secret":                 {config{"bearer.auth.issuer.endpoint.url": "https://h", "bearer.auth.client.id": canary}, []string{"bearer.auth.client.secret: missing"}},
		"OAUTHBEARER alone":         {config{"bearer.auth.credentials.source": "OAUTHBEARER"}, []string{"missing"}},
		"a scope alone":             {config{"bearer.auth.scope": canary}, []string{"without a client"}},
		"an endpoint over http":     {config{"bearer.auth.issuer.endpoint.url": "http://idp/" + canary, "bearer.auth.client.id": "x", "bearer.auth.client.secret": canary}, []string{"use https"}},
		"claims":                    {config{"bearer.auth.scope.claim.name": canary}, []string{"not looked into"}},
		"a pool with a break":       {config{"bearer.auth.identity.pool.id": "p\n" + canary}, []string{"identity.pool.id"}},
		"the client's header":       {config{"request.header.Accept": canary}, []string{"request.header.Accept: header Accept is the client's own"}},
		"a header with a break":     {config{"request.header.X": canary + "\nY: z"}, []string{"RFC 9110"}},
		"a store's type":            {config{"ssl.truststore.type": "JKS"}, []string{"only PEM"}},
		"a store's password":        {config{"ssl.keystore.password": canary}, []string{"decrypt"}},
		"a Java keystore":           {config{"ssl.truststore.location": jks}, []string{"keytool"}},
		"a missing file":            {config{"ssl.ca.location": filepath.Join(t.TempDir(), "none")}, []string{"ssl.*: TLS CAFile"}},
		"one thing by two names":    {config{"ssl.ca.location": jks, "ssl.truststore.location": jks}, []string{"says the same as ssl.ca.location", "keytool"}},
		"a text for a file":         {config{"ssl.ca.location": "-----BEGIN " + canary}, []string{"not the name of a file"}},
		"a certificate alone":       {config{"ssl.certificate.location": jks}, []string{"without a key"}},
		"an old protocol":           {config{"ssl.enabled.protocols": "TLSv1.1,TLSv1.2"}, []string{"TLSv1.2 or TLSv1.3"}},
		"trust in anybody":          {config{"enable.ssl.certificate.verification": "false"}, []string{"ssl.ca.location"}},
		"a check of names":          {config{"ssl.endpoint.identification.algorithm": canary}, []string{"want https"}},
		"a proxy twice":             {config{"proxy": "http://u:" + canary + "@p", "proxy.host": "p", "proxy.port": "1"}, []string{"take one out"}},
		"a proxy without port":      {config{"proxy.host": "p"}, []string{"without proxy.port"}},
		"a port without proxy":      {config{"proxy.port": "1"}, []string{"without proxy.host"}},
		"a port that is none":       {config{"proxy.host": "p", "proxy.port": "65536"}, []string{"proxy.port: want a port"}},
		"a bad proxy":               {config{"proxy": "ftp://" + canary}, []string{"proxy: the proxy's URL"}},
		"a time that is none":       {config{"timeout": "NaN"}, []string{"number of seconds"}},
		"an endless time":           {config{"timeout": "1e300"}, []string{"number of seconds"}},
		"a negative time":           {config{"http.read.timeout.ms": "-1"}, []string{"whole number"}},
		"a large time":              {config{"http.read.timeout.ms": "2147483648"}, []string{"whole number"}},
		"two times":                 {config{"http.read.timeout.ms": "1", "timeout": "1"}, []string{"timeout: it says the same as http.read.timeout.ms"}},
		"many retries":              {config{"max.retries": "101"}, []string{"max.retries: want 0 to 100"}},
		"no cache":                  {config{"cache.capacity": "0"}, []string{"cache.capacity: or another cache size is 0"}},
		"a TTL that is none":        {config{"latest.cache.ttl.sec": "-2"}, []string{"or -1 for ever"}},
		"two times of absence":      {config{"missing.id.cache.ttl.sec": "1", "missing.version.cache.ttl.sec": "2"}, []string{"one time for all"}},

		"a serializer's":    {config{"auto.register.schemas": "true", "use.latest.version": "true"}, []string{"serde.AutoRegister()", "serde.Latest()"}},
		"a strategy":        {config{"key.subject.name.strategy": canary}, []string{"serde.WithSubjectStrategy"}},
		"rules":             {config{"rule.executors.encrypt.class": canary}, []string{"serde.WithoutRules"}},
		"Kafka's":           {config{"bootstrap.servers": canary, "sasl.password": canary}, []string{"bootstrap.servers: a setting of the Kafka client", "sasl.password: a setting of the Kafka client"}},
		"a slip":            {config{"schema.registry.basic.auth.userinfo": "u:" + canary}, []string{"did you mean schema.registry.basic.auth.user.info?"}},
		"a slip in the URL": {config{"schema.registry.urls": "http://a"}, []string{"did you mean schema.registry.url?"}},
		"far from any":      {config{"favourite.colour": canary}, []string{"favourite.colour: this key is not known; take it out"}},
		"no key at all":     {config{"": canary}, []string{`"": this key is not known`}},
		"a prefix alone":    {config{"schema.registry.": canary}, []string{"schema.registry.: this key"}},
		"a strange key":     {config{"a\nb\x1b" + strings.Repeat("x", 200): canary}, []string{`"a\nb\x1bxxx`}},
		"all at once":       {config{"max.retries": "x", "zzz": "", "url": "x"}, []string{"max.retries:", "url: URL 1", "zzz: this key"}},
	} {
		conf := maps.Clone(tc.conf)
		if _, ok := conf["url"]; !ok && conf["schema.registry.url"] == "" && name != "nothing" && name != "a slip in the URL" {
			conf["url"] = "http://a"
		}
		if name == "a slip in the URL" {
			tc.says = append(tc.says, "schema.registry.url: missing")
		}
		c, err := registry.FromConfig(conf)
		if err == nil || c != nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(tc.says) {
			t.Errorf("%s: %d errors, want %d:\n%v", name, len(lines), len(tc.says), err)
			continue
		}
		for i, line := range lines {
			if !strings.Contains(line, tc.says[i]) || !strings.HasPrefix(line, "registry: ") {
				t.Errorf("%s: %q, want %q", name, line, tc.says[i])
			}
		}
		if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: a value shows: %v", name, err)
		}
	}
	if _, err := registry.FromConfig(nil); err == nil {
		t.Error("nil is accepted")
	}
	if _, err := registry.FromConfig(config{"url": "http://a", "bearer.auth.token": canary}, registry.WithAuth(registry.Bearer(secret(canary)))); err == nil {
		t.Error("credentials by a key and by an option are accepted")
	}
}

// Whatever a configuration holds, there is a client or an error, and no value in it.
func FuzzFromConfig(f *testing.F) {
	for _, seed := range []string{
		"url=http://a", "schema.registry.url=http://u:pa55word@a,http://b", "basic.auth.user.info=user:pa55word", "bearer.auth.token=t0ken",
		"ssl.ca.pem=-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "ssl.endpoint.identification.algorithm=", "timeout=1e9",
		"latest.cache.ttl.sec=-1", "proxy=http://u:pa55word@p:1", "proxy.host=::1", "request.header.X=secretvalue", "schema.registry.=x", "=",
	} {
		key, value, _ := strings.Cut(seed, "=")
		f.Add(key, value, "max.retries", "3")
	}
	f.Add("bearer.auth.client.id", "me", "bearer.auth.client.secret", "pa55word")
	f.Fuzz(func(t *testing.T, key1, value1, key2, value2 string) {
		for _, key := range []string{key1, key2} {
			if strings.HasSuffix(key, ".location") {
				t.Skip() // would open files
			}
		}
		for _, withURL := range []bool{false, true} {
			conf := config{key1: value1, key2: value2}
			if _, ok := conf["url"]; withURL && !ok {
				conf["url"] = "http://registry.example"
			}
			c, err := registry.FromConfig(conf, silent)
			if (c == nil) == (err == nil) {
				t.Fatalf("client %v, error %v", c, err)
			}
			if err == nil {
				if err := c.Close(t.Context()); err != nil {
					t.Error(err)
				}
				continue
			}
			// A value of many digits cannot stand in an error by chance, once the keys are gone.
			text := err.Error()
			for _, key := range slices.SortedFunc(maps.Keys(conf), func(a, b string) int { return len(b) - len(a) }) {
				text = strings.ReplaceAll(text, key, "")
			}
			for _, value := range conf {
				if len(value) >= 8 && strings.ContainsAny(value, "0123456789") && strings.Contains(text, value) && value != "http://registry.example" {
					t.Errorf("%q shows in %q", value, err)
				}
			}
		}
	})
}
