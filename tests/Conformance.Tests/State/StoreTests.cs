namespace SkyDriver.Conformance.Tests.State;

public sealed class InMemoryTests(DaprTarget target) : StateSuite(target, "state-memory");

public sealed class SqliteTests(DaprTarget target) : StateSuite(target, "state-sqlite");

public sealed class PostgresqlTests(DaprTarget target) : StateSuite(target, "state-postgresql")
{
    protected override string NeverGiven => "5f0c7c0e-9a76-4c2a-8f6e-6f1d3b1c0a11";

    protected override bool KnowsMalformedETags => true;
}
