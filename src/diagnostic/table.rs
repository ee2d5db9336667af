codes! {
    // 0: tool and files
    1 "0001" INTERNAL_ERROR Error "internal-error" "segc itself failed";
    2 "0002" CANNOT_READ Error "cannot-read" "a file can't be read";
    3 "0003" NOT_UTF8 Error "not-utf8" "a file is not UTF-8 text";
    4 "0004" CANNOT_WRITE Error "cannot-write" "a file can't be written";
    5 "0005" BAD_LOCK Error "bad-lock" "the lock file can't be used";
    6 "0006" TOO_LARGE Error "too-large" "an input is larger than segc accepts";
    7 "0007" BAD_CASE_FILE Error "bad-case-file" "a case file can't be used";
    8 "0008" BAD_CATEGORIES Error "bad-categories" "a categories file can't be used";
    9 "0009" LOCK_NOT_WRITTEN Warning "lock-not-written" "the lock file could not be written";
    10 "0010" LEFT_OVER Warning "left-over" "a file of an earlier compile is not written any more";
    // 1: syntax
    1001 "1001" UNEXPECTED_TOKEN Error "unexpected-token" "something else was expected here";
    1002 "1002" UNTERMINATED_STRING Error "unterminated-string" "a string has no closing quote";
    1003 "1003" STRAY_CHARACTER Error "stray-character" "a character has no meaning here";
    1004 "1004" UNKNOWN_STATEMENT Error "unknown-statement" "no statement starts with this word";
    1005 "1005" MISSING_BECAUSE Error "missing-because" "a rule has no reason";
    1006 "1006" BAD_NUMBER Error "bad-number" "a number is out of range";
    1007 "1007" BAD_PORT Error "bad-port" "a port or port range is not valid";
    1008 "1008" BAD_ADDRESS Error "bad-address" "an address is not valid";
    1009 "1009" BAD_DATE Error "bad-date" "a date is not valid";
    1010 "1010" DUPLICATE_ATTRIBUTE Error "duplicate-attribute" "an attribute is given twice in one block";
    1011 "1011" TOO_MUCH Error "too-much" "a list or nesting is larger than segc accepts";
    1012 "1012" BAD_ESCAPE Error "bad-escape" "a backslash in a string is followed by something else than a quote or backslash";
    // 2: names and types
    2001 "2001" UNKNOWN_PLATFORM_KIND Error "unknown-platform-kind" "no such platform kind";
    2002 "2002" UNKNOWN_ATTRIBUTE Error "unknown-attribute" "a block has an attribute that it can't have";
    2003 "2003" WRONG_VALUE Error "wrong-value" "an attribute has a value of another kind than it takes";
    2004 "2004" MISSING_ATTRIBUTE Error "missing-attribute" "a block lacks an attribute that it needs";
    2005 "2005" MISSING_SITE Error "missing-site" "no site statement";
    2006 "2006" DUPLICATE_SITE Error "duplicate-site" "more than one site statement";
    2101 "2101" DUPLICATE_NAME Error "duplicate-name" "a name is declared twice";
    2102 "2102" UNKNOWN_PLACE Error "unknown-place" "no such platform or segment";
    2103 "2103" UNKNOWN_ROLE Error "unknown-role" "a role is used that no line declares";
    2104 "2104" UNKNOWN_KIND Error "unknown-kind" "no such role kind";
    2105 "2105" UNKNOWN_INTENT Error "unknown-intent" "no such intent";
    2106 "2106" UNKNOWN_OPTION Error "unknown-option" "an intent has no such option";
    2107 "2107" UNKNOWN_SERVICE Error "unknown-service" "a service is used that no line declares";
    2108 "2108" BAD_OPTION_VALUE Error "bad-option-value" "an option has a value that it can't have";
    2109 "2109" UNKNOWN_FORBID Error "unknown-forbid" "an exception pierces a forbid that no line declares";
    2110 "2110" KIND_NOT_ALLOWED Error "kind-not-allowed" "a role's kind has no part on this side of an intent";
    2111 "2111" HOST_BITS Error "host-bits" "an address range has bits set beyond its prefix";
    2113 "2113" INCLUDE_OUTSIDE Error "include-outside" "an include leaves the site's folder";
    2114 "2114" INCLUDE_CYCLE Error "include-cycle" "files include each other in a circle";
    2115 "2115" BAD_GROUP_SHARING Error "bad-group-sharing" "`same-group-as` names a role whose group can't be worn";
    2116 "2116" BAD_EARLIER_NAME Error "bad-earlier-name" "`was` names a role that still exists or that two roles claim";
    2117 "2117" NO_COMMON_FAMILY Error "no-common-family" "two roles have no address family in common for this flow";
    2118 "2118" RESERVED_NAME Error "reserved-name" "a name has a meaning of its own in the language";
    2119 "2119" BAD_DATES Error "bad-dates" "dates are in the wrong order";
    2120 "2120" BAD_PORT_ATTRIBUTE Error "bad-port-attribute" "an intent needs the port of a role that states none";
    2121 "2121" BAD_VIA Error "bad-via" "`via` is used where nothing can stand between";
    2122 "2122" UNKNOWN_RELEASE Error "unknown-release" "the site pins a catalogue release that this segc does not have";
    2123 "2123" OUTSIDE_SEGMENT Error "outside-segment" "a role's addresses are not in its segment";
    2124 "2124" SERVICE_CYCLE Error "service-cycle" "services are defined by each other in a circle";
    2125 "2125" NO_DAY Error "no-day" "neither the site nor the command says for which day";
    2126 "2126" SEGMENTS_OVERLAP Error "segments-overlap" "two segments of one platform have addresses in common";
    2127 "2127" NOT_IN_RELEASE Error "not-in-release" "the pinned catalogue release has no flow for a role of an intent";
    2128 "2128" UNKNOWN_ENTRY Error "unknown-entry" "the catalogue has no entry of this id or name";
    // 3: catalogue data
    3001 "3001" CATALOGUE_SYNTAX Error "catalogue-syntax" "a catalogue file does not have the form of its schema";
    3002 "3002" CATALOGUE_DUPLICATE Error "catalogue-duplicate" "a catalogue id is used twice";
    3003 "3003" CATALOGUE_REFERENCE Error "catalogue-reference" "a catalogue entry names something that does not exist";
    3004 "3004" CATALOGUE_VALUE Error "catalogue-value" "a catalogue entry has a value that can't be";
    3005 "3005" WIDE_DEFAULT Warning "wide-default" "an intent opens a wide range because an option is left out";
    3006 "3006" CATALOGUE_NAMESPACE Error "catalogue-namespace" "a customer's catalogue file declares a name outside of its namespace";
    3007 "3007" EXCLUSIVE_MODES Warning "exclusive-modes" "two lines of an intent choose modes for the same roles that exclude each other";
    // 4: design findings
    4011 "4011" ANY_IN_ALLOW Error "any-in-allow" "`any` stands in an allow";
    // 5: promises
    5001 "5001" FORBID_MEETS_FLOW Error "forbid-meets-flow" "a forbid and a flow overlap";
    5002 "5002" EXPECTATION_FAILED Error "expectation-failed" "an expect line does not hold";
    5003 "5003" EXCEPTION_EXPIRED Error "exception-expired" "an exception has expired";
    5004 "5004" PIERCES_NOTHING Error "pierces-nothing" "an exception pierces a forbid that its flows don't meet";
    // 6: targets
    6001 "6001" LOSS Error "loss" "an artefact would not permit a flow of the site";
    6002 "6002" WIDENING Warning "widening" "an artefact permits more than the site says";
    6003 "6003" WIDENING_MEETS_FORBID Error "widening-meets-forbid" "an artefact would permit what a forbid excludes";
    6004 "6004" KNOWN_ONLY_BY_NAME Error "known-only-by-name" "a destination is known only by name and there is no way out";
    6005 "6005" MANAGED_BY_CITRIX Error "managed-by-citrix" "an artefact is asked for a platform that Citrix manages";
    6006 "6006" NOT_TOLD_APART Error "not-told-apart" "a target can't tell two roles apart";
    6007 "6007" QUOTA_EXCEEDED Error "quota-exceeded" "a platform's limit is exceeded";
    6008 "6008" NO_ADDRESS Error "no-address" "a platform can name a role only by an address that it doesn't have";
    6009 "6009" NAME_NOT_POSSIBLE Error "name-not-possible" "a platform can't take a name";
    6010 "6010" CATEGORY_UNKNOWN Error "category-unknown" "the categories file lacks a category";
    6011 "6011" NOT_EXPRESSIBLE Error "not-expressible" "a platform has no way to say this flow";
    6012 "6012" UNKNOWN_TARGET Error "unknown-target" "no such target, spelling or platform";
    6013 "6013" SPELLING_WITHHELD Warning "spelling-withheld" "a spelling is not written, because it would break a promise";
    6014 "6014" SET_KEPT_ELSEWHERE Note "set-kept-elsewhere" "a platform needs a named set of addresses that somebody keeps";
}
