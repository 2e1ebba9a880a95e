/** Says once on which database the tests run. */
export default function announceDatabase() {
  const url = process.env['TEST_DATABASE_URL']
  console.log(`Test database: ${url ? `PostgreSQL at ${new URL(url).host}` : 'embedded PostgreSQL'}`)
}
