; error: expected
define i64 @f( {
