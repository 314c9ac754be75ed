package jsonschema

// The kinds.
const (
	// Annotations.

	IDChanged          DifferenceKind = "ID_CHANGED"
	TitleChanged       DifferenceKind = "TITLE_CHANGED"
	DescriptionChanged DifferenceKind = "DESCRIPTION_CHANGED"
	DefaultChanged     DifferenceKind = "DEFAULT_CHANGED"

	// The type, and schemas that are there or not.

	TypeExtended  DifferenceKind = "TYPE_EXTENDED"
	TypeNarrowed  DifferenceKind = "TYPE_NARROWED"
	TypeChanged   DifferenceKind = "TYPE_CHANGED"
	SchemaAdded   DifferenceKind = "SCHEMA_ADDED"
	SchemaRemoved DifferenceKind = "SCHEMA_REMOVED"

	// Strings.

	MaxLengthAdded     DifferenceKind = "MAX_LENGTH_ADDED"
	MaxLengthRemoved   DifferenceKind = "MAX_LENGTH_REMOVED"
	MaxLengthIncreased DifferenceKind = "MAX_LENGTH_INCREASED"
	MaxLengthDecreased DifferenceKind = "MAX_LENGTH_DECREASED"
	MinLengthAdded     DifferenceKind = "MIN_LENGTH_ADDED"
	MinLengthRemoved   DifferenceKind = "MIN_LENGTH_REMOVED"
	MinLengthIncreased DifferenceKind = "MIN_LENGTH_INCREASED"
	MinLengthDecreased DifferenceKind = "MIN_LENGTH_DECREASED"
	PatternAdded       DifferenceKind = "PATTERN_ADDED"
	PatternRemoved     DifferenceKind = "PATTERN_REMOVED"
	PatternChanged     DifferenceKind = "PATTERN_CHANGED"

	// Numbers.

	MaximumAdded              DifferenceKind = "MAXIMUM_ADDED"
	MaximumRemoved            DifferenceKind = "MAXIMUM_REMOVED"
	MaximumIncreased          DifferenceKind = "MAXIMUM_INCREASED"
	MaximumDecreased          DifferenceKind = "MAXIMUM_DECREASED"
	MinimumAdded              DifferenceKind = "MINIMUM_ADDED"
	MinimumRemoved            DifferenceKind = "MINIMUM_REMOVED"
	MinimumIncreased          DifferenceKind = "MINIMUM_INCREASED"
	MinimumDecreased          DifferenceKind = "MINIMUM_DECREASED"
	ExclusiveMaximumAdded     DifferenceKind = "EXCLUSIVE_MAXIMUM_ADDED"
	ExclusiveMaximumRemoved   DifferenceKind = "EXCLUSIVE_MAXIMUM_REMOVED"
	ExclusiveMaximumIncreased DifferenceKind = "EXCLUSIVE_MAXIMUM_INCREASED"
	ExclusiveMaximumDecreased DifferenceKind = "EXCLUSIVE_MAXIMUM_DECREASED"
	ExclusiveMinimumAdded     DifferenceKind = "EXCLUSIVE_MINIMUM_ADDED"
	ExclusiveMinimumRemoved   DifferenceKind = "EXCLUSIVE_MINIMUM_REMOVED"
	ExclusiveMinimumIncreased DifferenceKind = "EXCLUSIVE_MINIMUM_INCREASED"
	ExclusiveMinimumDecreased DifferenceKind = "EXCLUSIVE_MINIMUM_DECREASED"
	MultipleOfAdded           DifferenceKind = "MULTIPLE_OF_ADDED"
	MultipleOfRemoved         DifferenceKind = "MULTIPLE_OF_REMOVED"
	MultipleOfExpanded        DifferenceKind = "MULTIPLE_OF_EXPANDED"
	MultipleOfReduced         DifferenceKind = "MULTIPLE_OF_REDUCED"
	MultipleOfChanged         DifferenceKind = "MULTIPLE_OF_CHANGED"

	// Objects.

	MaxPropertiesAdded                                   DifferenceKind = "MAX_PROPERTIES_ADDED"
	MaxPropertiesRemoved                                 DifferenceKind = "MAX_PROPERTIES_REMOVED"
	MaxPropertiesIncreased                               DifferenceKind = "MAX_PROPERTIES_INCREASED"
	MaxPropertiesDecreased                               DifferenceKind = "MAX_PROPERTIES_DECREASED"
	MinPropertiesAdded                                   DifferenceKind = "MIN_PROPERTIES_ADDED"
	MinPropertiesRemoved                                 DifferenceKind = "MIN_PROPERTIES_REMOVED"
	MinPropertiesIncreased                               DifferenceKind = "MIN_PROPERTIES_INCREASED"
	MinPropertiesDecreased                               DifferenceKind = "MIN_PROPERTIES_DECREASED"
	RequiredAttributeAdded                               DifferenceKind = "REQUIRED_ATTRIBUTE_ADDED"
	RequiredAttributeWithDefaultAdded                    DifferenceKind = "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED"
	RequiredAttributeRemoved                             DifferenceKind = "REQUIRED_ATTRIBUTE_REMOVED"
	DependencyArrayAdded                                 DifferenceKind = "DEPENDENCY_ARRAY_ADDED"
	DependencyArrayRemoved                               DifferenceKind = "DEPENDENCY_ARRAY_REMOVED"
	DependencyArrayExtended                              DifferenceKind = "DEPENDENCY_ARRAY_EXTENDED"
	DependencyArrayNarrowed                              DifferenceKind = "DEPENDENCY_ARRAY_NARROWED"
	DependencyArrayChanged                               DifferenceKind = "DEPENDENCY_ARRAY_CHANGED"
	DependencySchemaAdded                                DifferenceKind = "DEPENDENCY_SCHEMA_ADDED"
	DependencySchemaRemoved                              DifferenceKind = "DEPENDENCY_SCHEMA_REMOVED"
	AdditionalPropertiesAdded                            DifferenceKind = "ADDITIONAL_PROPERTIES_ADDED"
	AdditionalPropertiesRemoved                          DifferenceKind = "ADDITIONAL_PROPERTIES_REMOVED"
	AdditionalPropertiesExtended                         DifferenceKind = "ADDITIONAL_PROPERTIES_EXTENDED"
	AdditionalPropertiesNarrowed                         DifferenceKind = "ADDITIONAL_PROPERTIES_NARROWED"
	UnevaluatedPropertiesAdded                           DifferenceKind = "UNEVALUATED_PROPERTIES_ADDED"
	UnevaluatedPropertiesRemoved                         DifferenceKind = "UNEVALUATED_PROPERTIES_REMOVED"
	UnevaluatedPropertiesExtended                        DifferenceKind = "UNEVALUATED_PROPERTIES_EXTENDED"
	UnevaluatedPropertiesNarrowed                        DifferenceKind = "UNEVALUATED_PROPERTIES_NARROWED"
	PropertyWithEmptySchemaAddedToOpenContentModel       DifferenceKind = "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL"
	OptionalPropertyAddedToOpenContentModel              DifferenceKind = "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
	RequiredPropertyWithDefaultAddedToOpenContentModel   DifferenceKind = "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL"
	RequiredPropertyAddedToOpenContentModel              DifferenceKind = "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
	OptionalPropertyAddedToUnopenContentModel            DifferenceKind = "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"
	RequiredPropertyWithDefaultAddedToUnopenContentModel DifferenceKind = "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL"
	RequiredPropertyAddedToUnopenContentModel            DifferenceKind = "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"
	PropertyAddedIsCoveredByPartiallyOpenContentModel    DifferenceKind = "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	PropertyAddedNotCoveredByPartiallyOpenContentModel   DifferenceKind = "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	PropertyRemovedFromOpenContentModel                  DifferenceKind = "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL"
	PropertyWithFalseRemovedFromClosedContentModel       DifferenceKind = "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL"
	PropertyRemovedFromClosedContentModel                DifferenceKind = "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
	PropertyRemovedIsCoveredByPartiallyOpenContentModel  DifferenceKind = "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	PropertyRemovedNotCoveredByPartiallyOpenContentModel DifferenceKind = "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"

	// Arrays.

	MaxItemsAdded                                    DifferenceKind = "MAX_ITEMS_ADDED"
	MaxItemsRemoved                                  DifferenceKind = "MAX_ITEMS_REMOVED"
	MaxItemsIncreased                                DifferenceKind = "MAX_ITEMS_INCREASED"
	MaxItemsDecreased                                DifferenceKind = "MAX_ITEMS_DECREASED"
	MinItemsAdded                                    DifferenceKind = "MIN_ITEMS_ADDED"
	MinItemsRemoved                                  DifferenceKind = "MIN_ITEMS_REMOVED"
	MinItemsIncreased                                DifferenceKind = "MIN_ITEMS_INCREASED"
	MinItemsDecreased                                DifferenceKind = "MIN_ITEMS_DECREASED"
	MaxContainsAdded                                 DifferenceKind = "MAX_CONTAINS_ADDED"
	MaxContainsRemoved                               DifferenceKind = "MAX_CONTAINS_REMOVED"
	MaxContainsIncreased                             DifferenceKind = "MAX_CONTAINS_INCREASED"
	MaxContainsDecreased                             DifferenceKind = "MAX_CONTAINS_DECREASED"
	MinContainsAdded                                 DifferenceKind = "MIN_CONTAINS_ADDED"
	MinContainsRemoved                               DifferenceKind = "MIN_CONTAINS_REMOVED"
	MinContainsIncreased                             DifferenceKind = "MIN_CONTAINS_INCREASED"
	MinContainsDecreased                             DifferenceKind = "MIN_CONTAINS_DECREASED"
	UniqueItemsAdded                                 DifferenceKind = "UNIQUE_ITEMS_ADDED"
	UniqueItemsRemoved                               DifferenceKind = "UNIQUE_ITEMS_REMOVED"
	AdditionalItemsAdded                             DifferenceKind = "ADDITIONAL_ITEMS_ADDED"
	AdditionalItemsRemoved                           DifferenceKind = "ADDITIONAL_ITEMS_REMOVED"
	AdditionalItemsExtended                          DifferenceKind = "ADDITIONAL_ITEMS_EXTENDED"
	AdditionalItemsNarrowed                          DifferenceKind = "ADDITIONAL_ITEMS_NARROWED"
	UnevaluatedItemsAdded                            DifferenceKind = "UNEVALUATED_ITEMS_ADDED"
	UnevaluatedItemsRemoved                          DifferenceKind = "UNEVALUATED_ITEMS_REMOVED"
	UnevaluatedItemsExtended                         DifferenceKind = "UNEVALUATED_ITEMS_EXTENDED"
	UnevaluatedItemsNarrowed                         DifferenceKind = "UNEVALUATED_ITEMS_NARROWED"
	ItemWithEmptySchemaAddedToOpenContentModel       DifferenceKind = "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL"
	ItemAddedToOpenContentModel                      DifferenceKind = "ITEM_ADDED_TO_OPEN_CONTENT_MODEL"
	ItemAddedToClosedContentModel                    DifferenceKind = "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL"
	ItemAddedIsCoveredByPartiallyOpenContentModel    DifferenceKind = "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	ItemAddedNotCoveredByPartiallyOpenContentModel   DifferenceKind = "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	ItemRemovedFromOpenContentModel                  DifferenceKind = "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL"
	ItemWithFalseRemovedFromClosedContentModel       DifferenceKind = "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL"
	ItemRemovedFromClosedContentModel                DifferenceKind = "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL"
	ItemRemovedIsCoveredByPartiallyOpenContentModel  DifferenceKind = "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
	ItemRemovedNotCoveredByPartiallyOpenContentModel DifferenceKind = "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"

	// Enumerations and constants.

	EnumArrayExtended DifferenceKind = "ENUM_ARRAY_EXTENDED"
	EnumArrayNarrowed DifferenceKind = "ENUM_ARRAY_NARROWED"
	EnumArrayChanged  DifferenceKind = "ENUM_ARRAY_CHANGED"

	// Combinations.

	CombinedTypeExtended          DifferenceKind = "COMBINED_TYPE_EXTENDED"
	CombinedTypeChanged           DifferenceKind = "COMBINED_TYPE_CHANGED"
	CombinedTypeSubschemasChanged DifferenceKind = "COMBINED_TYPE_SUBSCHEMAS_CHANGED"
	ProductTypeExtended           DifferenceKind = "PRODUCT_TYPE_EXTENDED"
	ProductTypeNarrowed           DifferenceKind = "PRODUCT_TYPE_NARROWED"
	SumTypeExtended               DifferenceKind = "SUM_TYPE_EXTENDED"
	SumTypeNarrowed               DifferenceKind = "SUM_TYPE_NARROWED"
	NotTypeExtended               DifferenceKind = "NOT_TYPE_EXTENDED"
	NotTypeNarrowed               DifferenceKind = "NOT_TYPE_NARROWED"

	// TooComplex is not one of the registries' kinds: the comparison was given up, since the
	// schemas refer to themselves in too many combinations.

	TooComplex DifferenceKind = "TOO_COMPLEX"
)

// differences are the facts about each kind.
var differences = map[DifferenceKind]differenceFacts{
	IDChanged:                                      {compatibleChange, "The ids differ"},
	TitleChanged:                                   {compatibleChange, "The titles differ"},
	DescriptionChanged:                             {compatibleChange, "The descriptions differ"},
	DefaultChanged:                                 {compatibleChange, "The defaults differ"},
	TypeExtended:                                   {compatibleChange, "The reader takes numbers where the writer's are integers"},
	TypeNarrowed:                                   {breakingChange, "The reader takes integers only where the writer's are numbers"},
	TypeChanged:                                    {breakingChange, "The reader's schema is of another type than the writer's"},
	SchemaAdded:                                    {breakingChange, "The reader has a schema where the writer has none"},
	SchemaRemoved:                                  {compatibleChange, "The writer has a schema where the reader has none"},
	MaxLengthAdded:                                 {breakingChange, "The reader limits the greatest length and the writer does not"},
	MaxLengthRemoved:                               {compatibleChange, "The writer limits the greatest length and the reader does not"},
	MaxLengthIncreased:                             {compatibleChange, "The reader's limit of the greatest length is higher than the writer's"},
	MaxLengthDecreased:                             {breakingChange, "The reader's limit of the greatest length is lower than the writer's"},
	MinLengthAdded:                                 {breakingChange, "The reader limits the least length and the writer does not"},
	MinLengthRemoved:                               {compatibleChange, "The writer limits the least length and the reader does not"},
	MinLengthIncreased:                             {breakingChange, "The reader's limit of the least length is higher than the writer's"},
	MinLengthDecreased:                             {compatibleChange, "The reader's limit of the least length is lower than the writer's"},
	PatternAdded:                                   {breakingChange, "The reader demands a pattern and the writer does not"},
	PatternRemoved:                                 {compatibleChange, "The writer demands a pattern and the reader does not"},
	PatternChanged:                                 {breakingChange, "The reader demands another pattern than the writer"},
	MaximumAdded:                                   {breakingChange, "The reader limits the greatest number and the writer does not"},
	MaximumRemoved:                                 {compatibleChange, "The writer limits the greatest number and the reader does not"},
	MaximumIncreased:                               {compatibleChange, "The reader's limit of the greatest number is higher than the writer's"},
	MaximumDecreased:                               {breakingChange, "The reader's limit of the greatest number is lower than the writer's"},
	MinimumAdded:                                   {breakingChange, "The reader limits the least number and the writer does not"},
	MinimumRemoved:                                 {compatibleChange, "The writer limits the least number and the reader does not"},
	MinimumIncreased:                               {breakingChange, "The reader's limit of the least number is higher than the writer's"},
	MinimumDecreased:                               {compatibleChange, "The reader's limit of the least number is lower than the writer's"},
	ExclusiveMaximumAdded:                          {breakingChange, "The reader limits the number that all must be below and the writer does not"},
	ExclusiveMaximumRemoved:                        {compatibleChange, "The writer limits the number that all must be below and the reader does not"},
	ExclusiveMaximumIncreased:                      {compatibleChange, "The reader's limit of the number that all must be below is higher than the writer's"},
	ExclusiveMaximumDecreased:                      {breakingChange, "The reader's limit of the number that all must be below is lower than the writer's"},
	ExclusiveMinimumAdded:                          {breakingChange, "The reader limits the number that all must be above and the writer does not"},
	ExclusiveMinimumRemoved:                        {compatibleChange, "The writer limits the number that all must be above and the reader does not"},
	ExclusiveMinimumIncreased:                      {breakingChange, "The reader's limit of the number that all must be above is higher than the writer's"},
	ExclusiveMinimumDecreased:                      {compatibleChange, "The reader's limit of the number that all must be above is lower than the writer's"},
	MultipleOfAdded:                                {breakingChange, "The reader demands multiples of a number and the writer does not"},
	MultipleOfRemoved:                              {compatibleChange, "The writer demands multiples of a number and the reader does not"},
	MultipleOfExpanded:                             {breakingChange, "The reader demands multiples of a multiple of the writer's number"},
	MultipleOfReduced:                              {compatibleChange, "The reader demands multiples of a divisor of the writer's number"},
	MultipleOfChanged:                              {breakingChange, "The reader demands multiples of another number than the writer"},
	MaxPropertiesAdded:                             {breakingChange, "The reader limits the greatest number of properties and the writer does not"},
	MaxPropertiesRemoved:                           {compatibleChange, "The writer limits the greatest number of properties and the reader does not"},
	MaxPropertiesIncreased:                         {compatibleChange, "The reader's limit of the greatest number of properties is higher than the writer's"},
	MaxPropertiesDecreased:                         {breakingChange, "The reader's limit of the greatest number of properties is lower than the writer's"},
	MinPropertiesAdded:                             {breakingChange, "The reader limits the least number of properties and the writer does not"},
	MinPropertiesRemoved:                           {compatibleChange, "The writer limits the least number of properties and the reader does not"},
	MinPropertiesIncreased:                         {breakingChange, "The reader's limit of the least number of properties is higher than the writer's"},
	MinPropertiesDecreased:                         {compatibleChange, "The reader's limit of the least number of properties is lower than the writer's"},
	RequiredAttributeAdded:                         {breakingChange, "The reader requires a property that the writer does not, and it has no default"},
	RequiredAttributeWithDefaultAdded:              {compatibleChange, "The reader requires a property that the writer does not, and it has a default"},
	RequiredAttributeRemoved:                       {compatibleChange, "The writer requires a property that the reader does not"},
	DependencyArrayAdded:                           {breakingChange, "In the reader a property calls for others, in the writer it does not"},
	DependencyArrayRemoved:                         {compatibleChange, "In the writer a property calls for others, in the reader it does not"},
	DependencyArrayExtended:                        {breakingChange, "In the reader a property calls for more others than in the writer"},
	DependencyArrayNarrowed:                        {compatibleChange, "In the reader a property calls for fewer others than in the writer"},
	DependencyArrayChanged:                         {breakingChange, "In the reader a property calls for other ones than in the writer"},
	DependencySchemaAdded:                          {breakingChange, "In the reader a property calls for a schema, in the writer it does not"},
	DependencySchemaRemoved:                        {compatibleChange, "In the writer a property calls for a schema, in the reader it does not"},
	AdditionalPropertiesAdded:                      {compatibleChange, "The reader takes additional properties and the writer has none"},
	AdditionalPropertiesRemoved:                    {lenientChange, "The reader takes no additional properties and the writer may have some"},
	AdditionalPropertiesExtended:                   {compatibleChange, "The reader takes any additional properties, the writer has a schema for them"},
	AdditionalPropertiesNarrowed:                   {lenientChange, "The reader has a schema for additional properties, the writer may have any"},
	UnevaluatedPropertiesAdded:                     {compatibleChange, "The reader takes unevaluated properties and the writer has none"},
	UnevaluatedPropertiesRemoved:                   {lenientChange, "The reader takes no unevaluated properties and the writer may have some"},
	UnevaluatedPropertiesExtended:                  {compatibleChange, "The reader takes any unevaluated properties, the writer has a schema for them"},
	UnevaluatedPropertiesNarrowed:                  {lenientChange, "The reader has a schema for unevaluated properties, the writer may have any"},
	PropertyWithEmptySchemaAddedToOpenContentModel: {compatibleChange, "The reader names a property that may be anything, the writer may have it"},
	OptionalPropertyAddedToOpenContentModel:        {lenientChange, "The reader has an optional property that the writer may have as anything"},
	RequiredPropertyWithDefaultAddedToOpenContentModel:   {lenientChange, "The reader requires a property, with a default, that the writer may have as anything"},
	RequiredPropertyAddedToOpenContentModel:              {breakingChange, "The reader requires a property without a default that the writer does not name"},
	OptionalPropertyAddedToUnopenContentModel:            {compatibleChange, "The reader has an optional property that the writer cannot have as anything"},
	RequiredPropertyWithDefaultAddedToUnopenContentModel: {compatibleChange, "The reader requires a property, with a default, that the writer cannot have as anything"},
	RequiredPropertyAddedToUnopenContentModel:            {breakingChange, "The reader requires a property without a default that the writer does not name"},
	PropertyAddedIsCoveredByPartiallyOpenContentModel:    {compatibleChange, "The reader has a property that it can read as the writer's further properties are"},
	PropertyAddedNotCoveredByPartiallyOpenContentModel:   {lenientChange, "The reader has a property that it cannot read as the writer's further properties are"},
	PropertyRemovedFromOpenContentModel:                  {compatibleChange, "The writer has a property that the reader takes as any other"},
	PropertyWithFalseRemovedFromClosedContentModel:       {compatibleChange, "The writer names a property that is never there, and the reader takes no others"},
	PropertyRemovedFromClosedContentModel:                {lenientChange, "The writer has a property that the reader neither names nor takes"},
	PropertyRemovedIsCoveredByPartiallyOpenContentModel:  {compatibleChange, "The writer has a property that the reader's schema for further properties takes"},
	PropertyRemovedNotCoveredByPartiallyOpenContentModel: {lenientChange, "The writer has a property that the reader's schema for further properties does not take"},
	MaxItemsAdded:                                    {breakingChange, "The reader limits the greatest number of items and the writer does not"},
	MaxItemsRemoved:                                  {compatibleChange, "The writer limits the greatest number of items and the reader does not"},
	MaxItemsIncreased:                                {compatibleChange, "The reader's limit of the greatest number of items is higher than the writer's"},
	MaxItemsDecreased:                                {breakingChange, "The reader's limit of the greatest number of items is lower than the writer's"},
	MinItemsAdded:                                    {breakingChange, "The reader limits the least number of items and the writer does not"},
	MinItemsRemoved:                                  {compatibleChange, "The writer limits the least number of items and the reader does not"},
	MinItemsIncreased:                                {breakingChange, "The reader's limit of the least number of items is higher than the writer's"},
	MinItemsDecreased:                                {compatibleChange, "The reader's limit of the least number of items is lower than the writer's"},
	MaxContainsAdded:                                 {breakingChange, "The reader limits the greatest number of items that contains means and the writer does not"},
	MaxContainsRemoved:                               {compatibleChange, "The writer limits the greatest number of items that contains means and the reader does not"},
	MaxContainsIncreased:                             {compatibleChange, "The reader's limit of the greatest number of items that contains means is higher than the writer's"},
	MaxContainsDecreased:                             {breakingChange, "The reader's limit of the greatest number of items that contains means is lower than the writer's"},
	MinContainsAdded:                                 {breakingChange, "The reader limits the least number of items that contains means and the writer does not"},
	MinContainsRemoved:                               {compatibleChange, "The writer limits the least number of items that contains means and the reader does not"},
	MinContainsIncreased:                             {breakingChange, "The reader's limit of the least number of items that contains means is higher than the writer's"},
	MinContainsDecreased:                             {compatibleChange, "The reader's limit of the least number of items that contains means is lower than the writer's"},
	UniqueItemsAdded:                                 {breakingChange, "The reader demands items that differ and the writer does not"},
	UniqueItemsRemoved:                               {compatibleChange, "The writer demands items that differ and the reader does not"},
	AdditionalItemsAdded:                             {compatibleChange, "The reader takes additional items and the writer has none"},
	AdditionalItemsRemoved:                           {breakingChange, "The reader takes no additional items and the writer may have some"},
	AdditionalItemsExtended:                          {compatibleChange, "The reader takes any additional items, the writer has a schema for them"},
	AdditionalItemsNarrowed:                          {breakingChange, "The reader has a schema for additional items, the writer may have any"},
	UnevaluatedItemsAdded:                            {compatibleChange, "The reader takes unevaluated items and the writer has none"},
	UnevaluatedItemsRemoved:                          {breakingChange, "The reader takes no unevaluated items and the writer may have some"},
	UnevaluatedItemsExtended:                         {compatibleChange, "The reader takes any unevaluated items, the writer has a schema for them"},
	UnevaluatedItemsNarrowed:                         {breakingChange, "The reader has a schema for unevaluated items, the writer may have any"},
	ItemWithEmptySchemaAddedToOpenContentModel:       {compatibleChange, "The reader names an item that may be anything, the writer may have it"},
	ItemAddedToOpenContentModel:                      {breakingChange, "The reader has a schema for an item that the writer may have as anything"},
	ItemAddedToClosedContentModel:                    {compatibleChange, "The reader has an item that the writer never has"},
	ItemAddedIsCoveredByPartiallyOpenContentModel:    {compatibleChange, "The reader has an item that it can read as the writer's further items are"},
	ItemAddedNotCoveredByPartiallyOpenContentModel:   {breakingChange, "The reader has an item that it cannot read as the writer's further items are"},
	ItemRemovedFromOpenContentModel:                  {compatibleChange, "The writer has an item that the reader takes as any other"},
	ItemWithFalseRemovedFromClosedContentModel:       {compatibleChange, "The writer names an item that is never there, and the reader takes no others"},
	ItemRemovedFromClosedContentModel:                {breakingChange, "The writer has an item that the reader neither names nor takes"},
	ItemRemovedIsCoveredByPartiallyOpenContentModel:  {compatibleChange, "The writer has an item that the reader's schema for further items takes"},
	ItemRemovedNotCoveredByPartiallyOpenContentModel: {breakingChange, "The writer has an item that the reader's schema for further items does not take"},
	EnumArrayExtended:                                {compatibleChange, "The reader takes more values than the writer has"},
	EnumArrayNarrowed:                                {breakingChange, "The reader takes fewer values than the writer has"},
	EnumArrayChanged:                                 {breakingChange, "The reader takes other values than the writer has"},
	CombinedTypeExtended:                             {compatibleChange, "The reader's combination takes all that the writer's does"},
	CombinedTypeChanged:                              {breakingChange, "The reader combines in another way than the writer: allOf, anyOf or oneOf"},
	CombinedTypeSubschemasChanged:                    {breakingChange, "The parts of the reader's combination cannot be paired with those of the writer's"},
	ProductTypeExtended:                              {breakingChange, "The reader demands more parts of an allOf than the writer"},
	ProductTypeNarrowed:                              {compatibleChange, "The reader demands fewer parts of an allOf than the writer"},
	SumTypeExtended:                                  {compatibleChange, "The reader takes more alternatives than the writer has"},
	SumTypeNarrowed:                                  {breakingChange, "The reader takes fewer alternatives than the writer has"},
	NotTypeExtended:                                  {breakingChange, "The reader excludes what the writer does not"},
	NotTypeNarrowed:                                  {compatibleChange, "The reader excludes no more than the writer"},
	TooComplex:                                       {breakingChange, "The schemas refer to themselves in too many combinations to compare them all"},
}
