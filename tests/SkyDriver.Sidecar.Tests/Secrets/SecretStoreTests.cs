using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;
using SkyDriver.Sidecar.Tests.Bindings;

namespace SkyDriver.Sidecar.Tests.Secrets;

public sealed class SecretStoreTests : IDisposable
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task File_NestedValues_AreFlattenedWithTheSeparator()
    {
        FileSecrets store = Store("""{"plain":"p","db":{"user":"u","ports":[1,2]}}""", ("nestedSeparator", "."));
        Assert.Equal("p", (await GetAsync(store, "plain"))!["plain"]);
        Assert.Equal("u", (await GetAsync(store, "db.user"))!["db.user"]);
        Assert.Equal("2", (await GetAsync(store, "db.ports.1"))!["db.ports.1"]);
        Assert.Null(await GetAsync(store, "db"));
        Assert.Equal(["db.ports.0", "db.ports.1", "db.user", "plain"], (await store.GetAllAsync(NoMetadata, CancellationToken.None)).Keys.Order());
    }

    [Fact]
    public async Task File_MultiValued_FirstLevelNamesTheSecrets()
    {
        FileSecrets store = Store("""{"plain":"p","db":{"user":"u","more":{"deep":"d"}}}""", ("multiValued", "true"));
        Assert.Equal(new Dictionary<string, string> { ["user"] = "u", ["more:deep"] = "d" }, await GetAsync(store, "db"));
        Assert.Equal(new Dictionary<string, string> { ["plain"] = "p" }, await GetAsync(store, "plain"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    public void File_IsNoJsonObject_IsAFault(string content) => Assert.Contains("secretsFile", Assert.Throws<ResourceException>(() => Store(content)).Message);

    [Fact]
    public void File_Missing_IsAFault() =>
        Assert.Contains("/none.json", Assert.Throws<ResourceException>(() => new FileSecrets(Specs.Of("secretstores.local.file", ("secretsFile", _folder + "/none.json")))).Message);

    [Fact]
    public async Task Environment_Prefix_IsTakenOff()
    {
        const string Prefix = "SECRET_STORE_TESTS_";
        Environment.SetEnvironmentVariable(Prefix + "ONE", "1");
        try
        {
            EnvironmentSecrets store = new(Specs.Of("secretstores.local.env", ("prefix", Prefix)));
            Assert.Equal("1", (await GetAsync(store, "ONE"))!["ONE"]);
            Assert.Equal("", (await GetAsync(store, Prefix + "ONE"))![Prefix + "ONE"]);
            Assert.Equal(["ONE"], (await store.GetAllAsync(NoMetadata, CancellationToken.None)).Keys);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Prefix + "ONE", null);
        }
    }

    [Fact]
    public async Task Environment_SidecarsOwnVariables_AreHidden()
    {
        // This name is read by nothing else.
        Environment.SetEnvironmentVariable("DAPR_SECRET_STORE_TESTS", "hidden");
        try
        {
            EnvironmentSecrets store = new(Specs.Of("secretstores.local.env"));
            Assert.Equal("", (await GetAsync(store, "DAPR_SECRET_STORE_TESTS"))!["DAPR_SECRET_STORE_TESTS"]);
            Assert.False((await store.GetAllAsync(NoMetadata, CancellationToken.None)).ContainsKey("DAPR_SECRET_STORE_TESTS"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DAPR_SECRET_STORE_TESTS", null);
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>?> GetAsync(ISecretStore store, string name) => await store.GetAsync(name, NoMetadata, CancellationToken.None);

    private FileSecrets Store(string content, params (string Name, string Value)[] metadata)
    {
        string file = Path.Combine(_folder, "secrets.json");
        File.WriteAllText(file, content);
        return new FileSecrets(Specs.Of("secretstores.local.file", [("secretsFile", file), .. metadata]));
    }
}
