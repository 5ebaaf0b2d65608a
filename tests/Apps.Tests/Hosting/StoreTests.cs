using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Apps.Tests.Hosting;

public class StoreTests
{
    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly SkippingClock clock = new();
    private readonly StateDocuments documents;
    private readonly EventStore events;
    private readonly ResultStore results;
    private readonly ScanStore scans;

    public StoreTests()
    {
        documents = new(dapr.Store, clock);
        events = new(dapr.Store, documents, new BlobWritings(dapr.Store, documents, clock));
        results = new(dapr.Store, documents, new BlobWritings(dapr.Store, documents, clock), clock);
        scans = new(documents, clock);
    }

    [Fact]
    public async Task Event_LargerThanAChunk_ComesBackTheSame()
    {
        byte[] json = Noise(1, 3_000_000);
        string id = await events.SaveAsync(json);
        Assert.Equal(json, await events.LoadAsync(id));
        string[] chunks = [.. dapr.Keys.Where(key => !key.EndsWith("/index", StringComparison.Ordinal))];
        Assert.True(chunks.Length >= 3);
        Assert.All(chunks, key => Assert.InRange(dapr.SizeOf(key), 1, StateKeys.MaxValueBytes));
    }

    [Fact]
    public async Task Event_SavedTwice_WritesNothingMore()
    {
        string id = await events.SaveAsync(Noise(1, 100));
        dapr.OnSave = key => throw new InvalidOperationException($"{key} is written again");
        Assert.Equal(id, await events.SaveAsync(Noise(1, 100)));
    }

    [Fact]
    public async Task Event_WriterDiesHalfWay_IsNotThereAndCanBeSavedAgain()
    {
        byte[] json = Noise(1, 3_000_000);
        int left = 2;
        dapr.OnSave = _ =>
        {
            if (left-- == 0) throw new IOException("the process dies");
        };
        await Assert.ThrowsAsync<IOException>(() => events.SaveAsync(json));
        dapr.OnSave = null;
        string id = await events.SaveAsync(Noise(2, 10));
        Assert.Equal([StateKeys.EventIndex(id)], dapr.Keys.Where(key => key.EndsWith("/index", StringComparison.Ordinal)));
        Assert.Equal(json, await events.LoadAsync(await events.SaveAsync(json)));
    }

    [Fact]
    public async Task Document_ChangedByManyAtOnce_TakesOneWriteEach()
    {
        const int writers = 60;
        int writes = 0;
        dapr.OnSave = _ =>
        {
            Interlocked.Increment(ref writes);
            Thread.Yield();
        };
        await Task.WhenAll(Enumerable.Range(0, writers).Select(i => Task.Run(() => documents.UpdateAsync<CatalogPageV1>(
            "page", page => new CatalogPageV1([.. page?.ScanIds ?? [], $"scan-{i}"])))));
        Assert.Equal(writers, writes);
        Assert.Equal(writers, (await documents.GetAsync<CatalogPageV1>("page"))!.ScanIds.Distinct().Count());
    }

    [Fact]
    public async Task Event_NotStored_IsNull() => Assert.Null(await events.LoadAsync("00"));

    [Fact]
    public async Task Event_ChunkDamaged_IsRefused()
    {
        string id = await events.SaveAsync(Noise(1, 1000));
        await dapr.SaveByteStateAsync(Components.StateStore, StateKeys.EventChunk(id, 0), Noise(3, 50));
        await Assert.ThrowsAsync<InvalidDataException>(() => events.LoadAsync(id));
    }

    [Fact]
    public async Task Event_IndexClaimsMoreThanItsChunksHold_IsRefusedBeforeMemoryIsTaken()
    {
        string id = await events.SaveAsync(Noise(1, 1000));
        BlobIndexV1 index = dapr.Read<BlobIndexV1>(StateKeys.EventIndex(id))!;
        await dapr.SaveStateAsync(Components.StateStore, StateKeys.EventIndex(id), index with { Length = long.MaxValue });
        await Assert.ThrowsAsync<InvalidDataException>(() => events.LoadAsync(id));
    }

    /// <summary>Without the notes of writings, which stay as empty lists.</summary>
    private IEnumerable<string> Kept => dapr.Keys.Where(key => !key.StartsWith("blob-writings/", StringComparison.Ordinal));

    [Fact]
    public async Task Result_NewerRevision_ReplacesTheOlderAndItsChunks()
    {
        await results.SaveAsync("s", Noise(1, 2_000_000), isFinal: false);
        await results.SaveAsync("s", Noise(2, 500), isFinal: false);
        StoredResult stored = (await results.LoadAsync("s"))!;
        Assert.Equal(2, stored.Index.Revision);
        Assert.Equal(Noise(2, 500), stored.SkyscanResult);
        // The one before stays for those who are reading it, until the next.
        Assert.Equal(1 + 1 + 2, Kept.Count());
        await results.SaveAsync("s", Noise(3, 500), isFinal: false);
        Assert.Equal(1 + 1 + 1, Kept.Count());
    }

    [Fact]
    public async Task Result_ManyWritersAtOnce_EveryRevisionIsWholeAndNothingElseIsLeft()
    {
        ResultIndexV1[] written = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => results.SaveAsync("s", Noise(i, 50_000), isFinal: false))));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => (long)i), written.Select(w => w.Revision).Order());
        StoredResult stored = (await results.LoadAsync("s"))!;
        Assert.Contains(Enumerable.Range(0, 8), i => Noise(i, 50_000).AsSpan().SequenceEqual(stored.SkyscanResult));
        Assert.Equal(1 + 1 + 1, Kept.Count());
    }

    [Fact]
    public async Task Result_WritingGivenUp_LeavesNothing()
    {
        await using (ResultWriting writing = results.Begin("s"))
        {
            await writing.Content.WriteAsync(new(Noise(1, 3 << 20)), default);
            Assert.NotEmpty(Kept);
        }

        Assert.Empty(Kept);
    }

    [Fact]
    public async Task Result_ReplacedWhileItIsRead_IsReadToItsEnd()
    {
        byte[] first = Noise(1, 3 << 20);
        await results.SaveAsync("s", first, isFinal: false);
        OpenResult open = (await results.OpenAsync("s"))!;
        await using BlobStream tables = open.SkyscanResult;
        byte[] read = new byte[first.Length];
        await tables.ReadExactlyAsync(read.AsMemory(0, 1000));
        await results.SaveAsync("s", Noise(2, 500), isFinal: true);
        await tables.ReadExactlyAsync(read.AsMemory(1000));
        Assert.Equal(first, read);
        Assert.Equal(0, await tables.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Result_ChunkGoesAwayWhileItIsRead_IsAFault()
    {
        await results.SaveAsync("s", Noise(1, 3 << 20), isFinal: false);
        await using BlobStream tables = (await results.OpenAsync("s"))!.SkyscanResult;
        foreach (string chunk in dapr.Keys.Where(k => k.StartsWith("result/s/", StringComparison.Ordinal) && k != "result/s/index").Skip(1)) await dapr.DeleteStateAsync(Components.StateStore, chunk);
        await Assert.ThrowsAnyAsync<IOException>(() => tables.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Catalog_ManyAddAtOnce_ListsEachOnceByDay()
    {
        ScanCatalog catalog = new(new StateDocuments(dapr.Store, TimeProvider.System)), elsewhere = new(new StateDocuments(dapr.Store, TimeProvider.System));
        const double Noon = 1_800_014_400;
        for (int i = 0; i < 300; i++) await (i % 2 == 0 ? catalog : elsewhere).AddAsync($"a{i:d3}", Noon + i);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => catalog.AddAsync($"b{i}", Noon + 86400)));
        await catalog.AddAsync("a299", Noon + 299);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"a{i:d3}"), await ListAsync(Noon, Noon));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"b{i}"), (await ListAsync(Noon + 86400, double.PositiveInfinity)).Order());
        Assert.Equal(308, (await ListAsync(double.NegativeInfinity, double.PositiveInfinity)).Count);
        Assert.Empty(await ListAsync(0, 1));

        async Task<List<string>> ListAsync(double from, double to)
        {
            List<string> ids = [];
            await foreach (IReadOnlyList<string> page in catalog.ReadAsync(from, to)) ids.AddRange(page);
            return ids;
        }
    }

    [Fact]
    public async Task Result_PartialAfterFinal_IsIgnored()
    {
        await results.SaveAsync("s", Noise(1, 100), isFinal: true);
        ResultIndexV1 index = await results.SaveAsync("s", Noise(2, 100), isFinal: false);
        Assert.True(index.IsFinal);
        Assert.Equal(Noise(1, 100), (await results.LoadAsync("s"))!.SkyscanResult);
    }

    [Fact]
    public async Task Result_Deleted_IsShownAgainByTheNextOne()
    {
        await results.SaveAsync("s", Noise(1, 100), isFinal: false);
        Assert.True((await results.SetDeletedAsync("s", true))!.IsDeleted);
        Assert.True((await results.GetIndexAsync("s"))!.IsDeleted);
        Assert.False((await results.SaveAsync("s", Noise(1, 100), isFinal: false)).IsDeleted);
        Assert.Null(await results.SetDeletedAsync("t", true));
    }

    [Fact]
    public async Task Manifest_ManyWritersAtOnce_LoseNoChange()
    {
        ScanRequestV1 request = Request("s");
        Assert.True(await scans.TryCreateAsync(request, new() { ScanId = "s" }));
        Assert.False(await scans.TryCreateAsync(request, new() { ScanId = "s", Priority = 5 }));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => scans.UpdateManifestAsync("s", m => m with { Priority = m.Priority + 1 }))));
        ScanManifest manifest = (await scans.GetManifestAsync("s"))!;
        Assert.Equal(20, manifest.Priority);
        Assert.True(manifest.LastUpdated > 0);
    }

    [Fact]
    public async Task Manifest_UnknownScan_StaysUnknown()
    {
        Assert.Null(await scans.UpdateManifestAsync("nobody", m => m with { Priority = 1 }));
        Assert.Empty(dapr.Keys);
    }

    [Fact]
    public async Task ScansOfEvent_AnyOrderAndRepeats_AreOldestFirstAndOnce()
    {
        ScanOfEventV1 young = new("b", true, 20), old = new("a", true, 10);
        await scans.IndexByEventAsync(1, 2, young);
        await scans.IndexByEventAsync(1, 2, old);
        await scans.IndexByEventAsync(1, 2, young);
        await scans.IndexByEventAsync(1, 2, old with { IsRealEvent = false });
        Assert.Equal([old with { IsRealEvent = false }, young], await scans.ScansOfEventAsync(1, 2));
        Assert.Empty(await scans.ScansOfEventAsync(1, 3));
    }

    private static ScanRequestV1 Request(string id) => new()
    {
        ScanId = id,
        DockerTag = "t",
        RecoAlgo = "dummy",
        Nsides = new() { ["8"] = 0 },
        RealOrSimulatedEvent = "real",
        RequestClusters = [],
        I3EventId = "e",
    };

    private static byte[] Noise(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
