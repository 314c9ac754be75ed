package serde

import "fmt"

// SerializerOption changes a [Serializer].
type SerializerOption interface{ applySerializer(*serializerConfig) error }

// DeserializerOption changes a [Deserializer].
type DeserializerOption interface {
	applyDeserializer(*deserializerConfig) error
}

type serializerConfig struct {
	strategy  SubjectStrategy
	choice    WriterSchemaChoice
	framing   Framing
	normalize bool
	rulesOff  bool
}

type deserializerConfig struct {
	decoders int
	rulesOff bool
}

type serializerOption func(*serializerConfig) error

func (f serializerOption) applySerializer(c *serializerConfig) error { return f(c) }

// WithSubjectStrategy names subjects another way than [TopicName], the default ([TopicRecordName]
// is that of a [Sum]).
func WithSubjectStrategy(s SubjectStrategy) SerializerOption {
	return serializerOption(func(c *serializerConfig) error {
		if s == nil {
			return fmt.Errorf("serde: WithSubjectStrategy: the strategy is nil")
		}
		c.strategy = s
		return nil
	})
}

// WithWriterSchema chooses the schema to write under. Default: [OwnSchema].
func WithWriterSchema(choice WriterSchemaChoice) SerializerOption {
	return serializerOption(func(c *serializerConfig) error {
		c.choice = choice
		return choice.check()
	})
}

// Framing is where a record names its writer schema: [PrefixFraming] or [HeaderFraming].
type Framing struct{ header bool }

// PrefixFraming puts 0 and the schema id before the payload: what every client
// reads. It is the default.
func PrefixFraming() Framing { return Framing{} }

// HeaderFraming puts 1 and the schema's GUID into a record header and leaves the
// payload bare. The registry must know GUIDs, and consumers must look at headers.
func HeaderFraming() Framing { return Framing{header: true} }

// WithFraming chooses the framing. Default: [PrefixFraming].
func WithFraming(f Framing) SerializerOption {
	return serializerOption(func(c *serializerConfig) error {
		c.framing = f
		return nil
	})
}

// WithNormalization has the registry normalize T's own schema when it is looked
// up or registered, so that texts which differ in layout only are one schema.
// Default: the text is taken as it is. It has no effect on a writer schema
// chosen by version or id.
func WithNormalization() SerializerOption {
	return serializerOption(func(c *serializerConfig) error {
		c.normalize = true
		return nil
	})
}

// WithDecoderLimit bounds how many decoders, one a writer schema, are kept
// compiled: n for schemas named by id, and as many for those named by GUID and
// for those named with another than a file's first message. Default: 1,000. It
// must be 1 or above.
func WithDecoderLimit(n int) DeserializerOption { return decoderLimit(n) }

type decoderLimit int

func (n decoderLimit) applyDeserializer(c *deserializerConfig) error {
	if n < 1 {
		return fmt.Errorf("serde: WithDecoderLimit: %d decoders; want 1 or more", int(n))
	}
	c.decoders = int(n)
	return nil
}

// RulesOption is an option of serializers and deserializers; see [WithoutRules].
type RulesOption struct{}

// WithoutRules reads and writes under schemas whose data-contract rules this
// process cannot run, without running them. Default: such a schema is an error
// of class [RuleFailed].
func WithoutRules() RulesOption { return RulesOption{} }

func (RulesOption) applySerializer(c *serializerConfig) error {
	c.rulesOff = true
	return nil
}

func (RulesOption) applyDeserializer(c *deserializerConfig) error {
	c.rulesOff = true
	return nil
}
