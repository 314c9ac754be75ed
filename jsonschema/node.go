package jsonschema

// nodeKind says what a node demands of a value.
type nodeKind uint8

const (
	emptyNode     nodeKind = iota // {}: anything
	trueNode                      // true: anything
	falseNode                     // false: nothing
	stringNode                    // string keywords
	numberNode                    // number keywords
	booleanNode                   // a boolean
	nullNode                      // null
	objectNode                    // object keywords
	arrayNode                     // array keywords
	enumNode                      // one of values
	constNode                     // the one value
	notNode                       // what not does not take
	combinedNode                  // subs under a criterion
	conditionNode                 // if, then, else
	referenceNode                 // target
)

// criterion says how many of the parts of a combined node must take a value.
type criterion uint8

const (
	allOf criterion = iota
	anyOf
	oneOf
)

var criterionNames = [...]string{"allOf", "anyOf", "oneOf"}

// node is a part of a schema, in the form in which the schema registries compare
// schemas: one demand each. A JSON object with several demands (an enum and a type, or
// an object's and a number's keywords) is a combined node with all of them.
//
// Nodes are immutable once a schema is loaded. References make them a graph with
// cycles: walkers must remember what they have seen.
type node struct {
	kind nodeKind

	id, title, description *value
	fallback               *value // the default; nil when there is none
	connectBytes           bool   // Kafka Connect's bytes, which a decimal is written as
	others                 *value // an object of the members that mean nothing here; nil when there are none

	strict bool // the type is demanded; otherwise values of other types pass

	minLength, maxLength *int64 // string
	pattern              *pattern
	format               string
	formatKnown          bool // to the registries: otherwise it is as if it were not there

	integer                    bool // number
	minimum, maximum           *number
	exclusiveMin, exclusiveMax *number // numbers; draft 4's booleans are in openMin and openMax
	openMin, openMax           bool
	multipleOf                 *number

	properties            []property // object
	propertyIndex         map[string]int
	required              []string
	minProperties         *int64
	maxProperties         *int64
	noMoreProperties      bool  // additionalProperties: false
	moreProperties        *node // the schema of additionalProperties
	patternProperties     []patternProperty
	propertyDependencies  []propertyDependency
	schemaDependencies    []property
	propertyNames         *node
	unevaluatedProperties *node

	items            *node   // array: every item's schema
	tuple            []*node // the first items' schemas
	noMoreItems      bool    // no items beyond the tuple
	moreItems        *node   // the schema of those
	minItems         *int64
	maxItems         *int64
	uniqueItems      bool
	contains         *node
	minContains      *int64
	maxContains      *int64
	unevaluatedItems *node

	values []*value // enum, const

	not                       *node
	condition, then, elsewise *node

	criterion criterion // combined
	subs      []*node
	implied   bool // made for several keywords, or types, that stand together

	ref    string // reference: as the text has it
	target *node
}

// property is a schema under a name.
type property struct {
	name string
	node *node
}

// patternProperty is a schema for the properties whose names match.
type patternProperty struct {
	pattern *pattern
	node    *node
}

// propertyDependency names the properties that must be there when one is.
type propertyDependency struct {
	name  string
	needs []string
}

// property is the schema of a property, nil when there is none.
func (n *node) property(name string) *node {
	if i, ok := n.propertyIndex[name]; ok {
		return n.properties[i].node
	}
	return nil
}

// setProperty adds a property, or replaces its schema.
func (n *node) setProperty(name string, schema *node) {
	if i, ok := n.propertyIndex[name]; ok {
		n.properties[i].node = schema
		return
	}
	if n.propertyIndex == nil {
		n.propertyIndex = make(map[string]int)
	}
	n.propertyIndex[name] = len(n.properties)
	n.properties = append(n.properties, property{name, schema})
}

// anything reports whether the node is {} or true.
func (n *node) anything() bool { return n.kind == emptyNode || n.kind == trueNode }
