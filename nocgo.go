//go:build !cgo

package concord

// NeedsCgo_OrUsePackageFranz stands where librdkafka's settings would: [NewProducer] and [NewConsumer] are made on
// librdkafka, which needs cgo. No value has this type, so a call of one does not compile, and the
// compiler's message names it. Build with CGO_ENABLED=1 and a C compiler, or use a client in pure Go.
type NeedsCgo_OrUsePackageFranz interface{ needsCgo() }

// NewProducer needs cgo: see [NeedsCgo_OrUsePackageFranz].
func NewProducer[K, V any](_ NeedsCgo_OrUsePackageFranz, key Serializer[K], value Serializer[V], opts ...ProducerOption) (*Producer[K, V], error) {
	return nil, errNeedsCgo
}

// NewConsumer needs cgo: see [NeedsCgo_OrUsePackageFranz].
func NewConsumer[K, V any](_ NeedsCgo_OrUsePackageFranz, key Deserializer[K], value Deserializer[V], opts ...ConsumerOption) (*Consumer[K, V], error) {
	return nil, errNeedsCgo
}

var errNeedsCgo = &ConfigError{Reason: "librdkafka needs cgo: build with CGO_ENABLED=1 and a C compiler"}
