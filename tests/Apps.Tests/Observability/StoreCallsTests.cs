using System.Text.RegularExpressions;
using Dapr;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Apps.Tests.Observability;

/// <summary>Whatever fails at the store is counted, documents, pieces and what actors save.</summary>
public sealed partial class StoreCallsTests
{
    [Fact]
    public void Sources_EveryCallOfTheStore_IsCounted()
    {
        string[] bare = [], all = [];
        foreach (string folder in (string[])["libs/SkyDriver.Hosting", "apps/SkyDriver.Api", "apps/SkyDriver.Orchestrator", "apps/SkyDriver.Scanner", "apps/SkyDriver.Worker"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, folder), "*.cs", SearchOption.AllDirectories))
            {
                MatchCollection calls = StoreCall().Matches(File.ReadAllText(file));
                all = [.. all, .. calls.Select(c => c.Value)];
                bare = [.. bare, .. calls.Where(c => c.Groups[1].Value == "").Select(c => $"{file}: {c.Value}")];
            }
        }

        Assert.True(all.Length > 30);
        Assert.Empty(bare);
    }

    [Theory]
    [InlineData(StoreCalls.Read)]
    [InlineData(StoreCalls.Write)]
    [InlineData(StoreCalls.Delete)]
    [InlineData(StoreCalls.Transaction)]
    public async Task Count_CallThatFails_IsCountedByItsOperationAndStillFails(string operation)
    {
        using MetricCollector collector = new("tests");
        await Assert.ThrowsAsync<DaprException>(() => StoreCalls.CountAsync(operation, () => Task.FromException(new DaprException("the store is away"))));
        await Assert.ThrowsAsync<DaprException>(() => StoreCalls.CountAsync(operation, () => Task.FromException<int>(new DaprException("the store is away"))));
        Assert.True(PrometheusPage.Parse(collector.Show()).Value("skydriver_store_errors_total", $"operation=\"{operation}\"") >= 2);
    }

    [Fact]
    public async Task Count_CallThatSucceedsOrIsGivenUp_IsNoError()
    {
        using MetricCollector collector = new("tests");
        Assert.Equal(7, await StoreCalls.CountAsync("fine", () => Task.FromResult(7)));
        await StoreCalls.CountAsync("fine", () => Task.CompletedTask);
        await Assert.ThrowsAsync<OperationCanceledException>(() => StoreCalls.CountAsync("fine", () => Task.FromException(new OperationCanceledException())));
        Assert.DoesNotContain("operation=\"fine\"", collector.Show());
    }

    /// <summary>Calls by their usual receivers; the first group is what counts them.</summary>
    [GeneratedRegex(@"(\(\) => )?\b(?:dapr|state|StateManager)\.(?:Try)?(?:Get|Save|Delete)(?:Byte|Bulk)?State(?:AndETag)?Async\b")]
    private static partial Regex StoreCall();
}
