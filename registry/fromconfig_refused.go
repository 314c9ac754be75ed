package registry

import "strings"

// refusedKeys are keys that mean something elsewhere, and what to do here.
var refusedKeys = map[string]string{
	"ssl.truststore.password":          "PEM files have no password: take it out, with ssl.truststore.type PEM",
	"ssl.keystore.password":            encryptedStore,
	"ssl.key.password":                 encryptedStore,
	"ssl.provider":                     javaTLS,
	"ssl.cipher.suites":                "cipher suites cannot be chosen: take it out; Go's are safe ones",
	"ssl.trustmanager.algorithm":       javaTLS,
	"ssl.keymanager.algorithm":         javaTLS,
	"ssl.engine.factory.class":         javaTLS,
	"ssl.secure.random.implementation": javaTLS,
	"ssl.crl.location":                 "revocation lists are not read: take it out",
	"use.apache.http.client":           "take it out: there is one HTTP client, and WithHTTPClient for another",

	"bearer.auth.custom.provider.class": "a class of another language: give WithAuth(HeadersFrom(...)) to FromConfig",
	"basic.auth.custom.provider.class":  "a class of another language: give WithAuth(HeadersFrom(...)) to FromConfig",
	"bearer.auth.scope.claim.name":      "take it out: tokens are not looked into",
	"bearer.auth.sub.claim.name":        "take it out: tokens are not looked into",

	"auto.register.schemas":            "set on a serializer: serde.WithWriterSchema(serde.AutoRegister()) for true; false is concord's default",
	"use.latest.version":               "set on a serializer: serde.WithWriterSchema(serde.Latest()) for true; false is concord's default",
	"use.schema.id":                    "set on a serializer: serde.WithWriterSchema(serde.ByID(id))",
	"normalize.schemas":                "set on a serializer: serde.WithNormalization() for true; false is concord's default",
	"key.subject.name.strategy":        strategy,
	"value.subject.name.strategy":      strategy,
	"subject.name.strategy":            strategy,
	"reference.subject.name.strategy":  "set by the references of the schema that is registered (registry.Reference)",
	"key.schema.id.serializer":         framing,
	"value.schema.id.serializer":       framing,
	"schema.id.serializer":             framing,
	"key.schema.id.deserializer":       "take it out: a deserializer reads a header, and without one a prefix",
	"value.schema.id.deserializer":     "take it out: a deserializer reads a header, and without one a prefix",
	"schema.id.deserializer":           "take it out: a deserializer reads a header, and without one a prefix",
	"context.name.strategy":            "one context is set by WithSchemaContext, others by a serializer's strategy (serde.WithSubjectStrategy)",
	"id.compatibility.strict":          always,
	"latest.compatibility.strict":      always,
	"specific.avro.reader":             "take it out: the type parameter of serde.NewDeserializer says what is read",
	"schema.reflection":                "take it out: avro.For[T] derives the schema from T, and avro.WithSchema takes one",
	"avro.use.logical.type.converters": "take it out: logical types are always converted",
	"use.schema.guid":                  notHere,
	"use.latest.with.metadata":         notHere,
	"schema.format":                    notHere,
	"propagate.schema.tags":            notHere,
	"execution.environment":            rules,
	"rule.service.loader.enable":       rules,
	"rule.metrics.enable":              rules,
	"rule.executors":                   rules,
	"rule.actions":                     rules,
	"avro.reflection.allow.null":       goTypes,
	"avro.remove.java.properties":      goTypes,
	"avro.fail.on.trailing.data":       "take it out: trailing data is always an error",
	"skip.known.types":                 serializers,
	"reference.lookup.only":            serializers,
	"derive.type":                      serializers,

	"key.serializer": codecs, "value.serializer": codecs, "key.deserializer": codecs, "value.deserializer": codecs,
	"bootstrap.servers": kafka, "security.protocol": kafka, "group.id": kafka, "client.id": kafka, "acks": kafka,
	"compression.type": kafka, "linger.ms": kafka, "batch.size": kafka, "enable.idempotence": kafka,
	"auto.offset.reset": kafka, "enable.auto.commit": kafka, "transactional.id": kafka, "session.timeout.ms": kafka,
}

const (
	encryptedStore = `encrypted keys are not read: decrypt it with "openssl pkey" or "openssl pkcs12 -nodes" into a PEM file that only the service can read, and take the password out`
	javaTLS        = "a setting of Java's TLS: take it out"
	strategy       = "set on a serializer: serde.WithSubjectStrategy(serde.TopicName), the default, serde.RecordName or serde.TopicRecordName"
	framing        = "set on a serializer: serde.WithFraming(serde.HeaderFraming()), or serde.PrefixFraming(), the default"
	always         = "take it out: that a type fits its writer schema is always checked"
	notHere        = "concord does not have it; see serde.WithWriterSchema for the choices there are"
	rules          = "concord runs no rules so far; see serde.WithoutRules for schemas that carry some"
	goTypes        = "take it out: it is about Java's types"
	serializers    = "set on the format of a serializer or deserializer, not on the registry's client"
	codecs         = "set by serde.NewSerializer and serde.NewDeserializer, given to the producer or consumer"
	kafka          = "a setting of the Kafka client: keep it in that client's configuration"
)

var refusedFamilies = []struct{ prefix, advice string }{
	{"sasl.", kafka},
	{"rule.executors.", rules}, {"rule.actions.", rules}, {"validation.rules.", rules},
	{"subject.name.strategy.", strategy},
	{"specific.avro.", "take it out: the type parameter of serde.NewDeserializer says what is read"},
	{"specific.protobuf.", serializers}, {"json.", serializers}, {"avro.", serializers},
}

// refusedKey is what to do about a key; empty where it is not known at all.
func refusedKey(key string) string {
	if advice := refusedKeys[key]; advice != "" {
		return advice
	}
	for _, f := range refusedFamilies {
		if strings.HasPrefix(key, f.prefix) {
			return f.advice
		}
	}
	return ""
}

// nearestKey is the key of configKeys that a key is most likely meant to be, or
// empty: at most a quarter of it may differ.
func nearestKey(key string) string {
	if len(key) > 64 {
		return ""
	}
	best, least := "", len(key)/4+1
	for known := range configKeys {
		if d := distance(key, known); d < least || d == least && best != "" && known < best {
			best, least = known, d
		}
	}
	return best
}

// distance is how many bytes must be put in, taken out or replaced to make one
// text of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above+1, row[j]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(b)]
}
