using SkyDriver.Hosting.Startup;

namespace SkyDriver.Apps.Tests.Observability;

public class ComponentRulesTests
{
    private static readonly string[] StoreCan = ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"];
    private static readonly LoadedComponent Store = new("statestore", "state.postgresql", StoreCan), Broker = new("pubsub", "pubsub.rabbitmq", []), Launcher = new("workers-local", "bindings.local-workers", []);

    public static TheoryData<ComponentNeeds> Services() => [ComponentNeeds.Api, ComponentNeeds.Orchestrator, ComponentNeeds.Scanner, ComponentNeeds.Worker];

    [Theory]
    [MemberData(nameof(Services))]
    public void Judge_EverythingThere_HasNoFault(ComponentNeeds needs) => Assert.Empty(ComponentRules.Judge(needs, [Store, Broker, Launcher], isDaprd: true, mustLast: true));

    [Fact]
    public void Judge_NothingThere_NamesAllThatIsMissingAndTheFiles()
    {
        IReadOnlyList<string> faults = ComponentRules.Judge(ComponentNeeds.Orchestrator, [], isDaprd: true, mustLast: true);
        Assert.Equal(2, faults.Count);
        Assert.Equal("The component 'statestore' is missing for skydriver-orchestrator: add a file with metadata.name statestore to the sidecar's resources, such as components/local/statestore.yaml, and name skydriver-orchestrator under its scopes.", faults[0]);
        Assert.Contains("'pubsub' is missing", faults[1]);
        Assert.Single(ComponentRules.Judge(ComponentNeeds.Worker, [], isDaprd: true, mustLast: true));
    }

    [Fact]
    public void Judge_ComponentOfTheWrongKind_SaysWhichKey() =>
        Assert.Equal("The component 'pubsub' is a state.redis; give spec.type pubsub.… in its file.", Assert.Single(ComponentRules.Judge(ComponentNeeds.Worker, [new("pubsub", "state.redis", StoreCan)], isDaprd: true, mustLast: false)));

    [Fact]
    public void Judge_LauncherThatIsNoBinding_IsRefused() =>
        Assert.Contains("'workers-pool' is a pubsub.redis", Assert.Single(ComponentRules.Judge(ComponentNeeds.Orchestrator, [Store, Broker, new("workers-pool", "pubsub.redis", [])], isDaprd: true, mustLast: true)));

    [Fact]
    public void Judge_StoreWithoutTransactions_IsRefused() =>
        Assert.Contains("lacks TRANSACTIONAL", Assert.Single(ComponentRules.Judge(ComponentNeeds.Scanner, [Store with { Type = "state.cassandra", Capabilities = ["ETAG"] }, Broker], isDaprd: true, mustLast: true)));

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 2)]
    public void Judge_ComponentsInMemory_AreForTrialsOnOneSidecarOnly(bool isDaprd, bool mustLast, int faults) =>
        Assert.Equal(faults, ComponentRules.Judge(ComponentNeeds.Scanner, [Store with { Type = "state.in-memory" }, Broker with { Type = "pubsub.in-memory" }], isDaprd, mustLast).Count);

    [Theory]
    [InlineData("local")]
    [InlineData("local-memory")]
    [InlineData("local-rabbitmq-postgres")]
    [InlineData("production")]
    public void ComponentFiles_AllThatWeShip_AreSafeForEveryService(string set)
    {
        string folder = Path.Combine(TestPaths.Repository, "components", set);
        foreach (var needs in Services()) Assert.Empty(ComponentFiles.Judge(folder, needs.Data));
    }

    [Fact]
    public void ComponentFiles_DangerousOnes_EachFaultNamesFileAndKey()
    {
        string folder = Directory.CreateTempSubdirectory("skydriver-components-").FullName;
        try
        {
            Write("broker.yaml", "pubsub", "pubsub.rabbitmq", "durable: false", "deletedWhenUnused: false", "publisherConfirm: true", "prefetchCount: 0", "requeueInFailure: true");
            Write("store.yaml", "statestore", "state.redis", "actorStateStore: true", "ttlInSeconds: 60");
            Write("streams.yaml", "other", "pubsub.redis", "processingTimeout: 15s", "redeliverInterval: 0");
            File.WriteAllText(Path.Combine(folder, "broken.yaml"), "kind: Component\n  spec: [");
            string[] faults = [.. ComponentFiles.Judge(folder, ComponentNeeds.Scanner).Select(f => f.Replace(folder + "/", ""))];
            Assert.StartsWith("broken.yaml line ", faults[0]);
            Assert.Equal(
                [
                    "broker.yaml: durable is 'false'; it must be true, or a restart of the server forgets the queues.",
                    "broker.yaml: prefetchCount is '0'; it must be 1 to 16: what one worker holds no other can take, and 0 is without limit.",
                    "store.yaml: keyPrefix is not set; it must be name, as all services read the same keys.",
                    "store.yaml: ttlInSeconds is '60'; it must be left out: results and ledgers would vanish.",
                    "streams.yaml: processingTimeout is '15s'; it must be 0 or at least 1h, or a batch in work is handed to a second worker.",
                    "broker.yaml: scopes does not name skydriver-scanner, so its sidecar does not load 'pubsub'; add it.",
                    "store.yaml: scopes does not name skydriver-scanner, so its sidecar does not load 'statestore'; add it.",
                ],
                faults[1..]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(string file, string name, string type, params string[] metadata) => File.WriteAllText(
            Path.Combine(folder, file),
            $"""
            kind: Component
            metadata:
              name: {name}
            spec:
              type: {type}
              version: v1
              metadata:
            {string.Concat(metadata.Select(m => $"    - name: {m.Split(": ")[0]}\n      value: \"{m.Split(": ")[1]}\"\n"))}
            scopes: [skydriver-api]
            """);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("0s", true)]
    [InlineData("1h", true)]
    [InlineData("60m", true)]
    [InlineData("90m30s", true)]
    [InlineData("59m59s", false)]
    [InlineData("24", false)]
    [InlineData("soon", false)]
    public void DangerousMetadata_TimesUntilRedelivery_AreOffOrLong(string value, bool isSafe) =>
        Assert.Equal(isSafe, !DangerousMetadata.Judge("pubsub.redis", new Dictionary<string, string> { ["processingTimeout"] = value, ["redeliverInterval"] = "0" }).Any());

    [Fact]
    public void DangerousMetadata_ValueFromASecret_IsTakenOnTrust() =>
        Assert.DoesNotContain(DangerousMetadata.Judge("pubsub.rabbitmq", new Dictionary<string, string> { ["DURABLE"] = DangerousMetadata.FromElsewhere }), f => f.Contains("durable"));
}
