using System.Text;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Resources;

public sealed class YamlFuzzTests : IDisposable
{
    private const string Seed = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: a }
        spec: { type: state.in-memory, version: v1, metadata: [{ name: n, value: "5" }], initTimeout: 1m30s }
        scopes: [one]
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies: { retries: { some: { policy: constant, duration: 2s, maxRetries: 3 } }, circuitBreakers: { c: { trip: consecutiveFailures > 5 } } }
          targets: { components: { p: { inbound: { retry: some } } } }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: { name: c }
        spec: { features: [{ name: A, enabled: true }], workflow: { maxConcurrentWorkflowInvocations: 5 } }
        """;

    private const string Marks = "\t:{}[]&*!|>%@`'\"\0\ud800\u2028-#,?";

    private readonly string _folder = Directory.CreateTempSubdirectory("fuzz-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_MutatedDocuments_AreReadOrRefusedWithTheirFile()
    {
        Random random = new(20261121);
        int read = 0, refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            try
            {
                Load(Mutate(random));
                read++;
            }
            catch (ResourceException fault)
            {
                refused++;
                Assert.All(fault.Faults, f => Assert.StartsWith(Path.Combine(_folder, "0.yaml"), f));
            }
        }

        Assert.True(read > 100 && refused > 100, $"read {read}, refused {refused}: the changes are too wild or too tame");
    }

    [Theory]
    [InlineData("[", "nested")]
    [InlineData("{a: ", "nested")]
    [InlineData("- ", "nested")]
    public void Load_NestedWithoutEnd_IsRefused(string level, string why) =>
        Assert.Contains(why, Assert.Throws<ResourceException>(() => Load(string.Concat(Enumerable.Repeat(level, 10_000)))).Message);

    [Fact]
    public void Load_AliasesThatMultiply_AreRefused()
    {
        StringBuilder bomb = new("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        Assert.Contains("aliases", Assert.Throws<ResourceException>(() => Load(bomb.ToString())).Message);
    }

    [Fact]
    public void Load_AliasOfItself_IsRefused() => Assert.Throws<ResourceException>(() => Load("a: &a [*a]\n"));

    [Fact]
    public void Load_Alias_StandsForWhatItNames()
    {
        ResourceSet set = Load("apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: &n a }\nspec: { type: state.x, metadata: [{ name: m, value: *n }] }\n");
        Assert.Equal("a", set.Components[0].Metadata[0].Value);
    }

    [Fact]
    public void Load_HugeFile_IsRefusedUnread() => Assert.Contains("MiB", Assert.Throws<ResourceException>(() => Load(new string('#', 5 << 20))).Message);

    [Fact]
    public void Load_DuplicateKey_IsToldWithItsLine() => Assert.Contains("0.yaml(2,", Assert.Throws<ResourceException>(() => Load("a: 1\na: 2\n")).Message);

    private static string Mutate(Random random)
    {
        StringBuilder text = new(Seed);
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at)); break;
                case 1: text.Insert(at, Marks[random.Next(Marks.Length)]); break;
                case 2: text[at] = (char)random.Next(1, 0x2fff); break;
                case 3: text.Insert(at, text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at))); break;
                default: text.Insert(at, random.Next(2) == 0 ? "\n" : "  "); break;
            }
        }

        return text.ToString();
    }

    private ResourceSet Load(string yaml)
    {
        File.WriteAllText(Path.Combine(_folder, "0.yaml"), yaml);
        return ResourceLoader.Load([_folder], []);
    }
}
