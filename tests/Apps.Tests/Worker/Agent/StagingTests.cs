using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Worker.Agent;
using SkyDriver.Worker.Agent.Staging;

namespace SkyDriver.Apps.Tests.Worker.Agent;

/// <summary>Files on their way to a task and away from it.</summary>
public sealed class StagingTests : IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("skydriver-staging-").FullName;
    private readonly HttpClient http = new();
    private readonly SkippingClock clock = new();
    private ObjectStoreDouble store = null!;
    private S3Store s3 = null!;
    private SharedFiles shared = null!;
    private Stager stager = null!;
    private TaskFolder folder = null!;

    public async ValueTask InitializeAsync()
    {
        store = await ObjectStoreDouble.StartAsync();
        // The double takes any signature; the client makes none without keys.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "key");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "secret");
        s3 = new(store.Address, "us-east-1");
        FileStores stores = new(new LocalStore(), new HttpStore(http), s3);
        shared = new(Path.Combine(root, "resources"), stores);
        stager = new(stores, shared, clock);
        folder = new WorkFolder(root).Open(1);
    }

    public async ValueTask DisposeAsync()
    {
        s3.Dispose();
        http.Dispose();
        await store.DisposeAsync();
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", null);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", null);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Input_OfEveryStore_IsInTheTasksFolder()
    {
        string file = Path.Combine(root, "local.txt");
        await File.WriteAllTextAsync(file, "local");
        store.Objects["bucket/deep/a.txt"] = "one"u8.ToArray();
        store.Objects["bucket/deep/er/b c.txt"] = "two"u8.ToArray();
        store.Objects["bucket/single"] = "three"u8.ToArray();
        await stager.BringAsync($"file://{file} s3://bucket/deep/ s3://bucket/single|mv:sub/x {store.Address}bucket/single", null, folder, CancellationToken.None);
        Assert.Equal(
            ["a.txt=one", "er/b c.txt=two", "local.txt=local", "single=three", "sub/x/single=three"],
            Directory.EnumerateFiles(folder.Input, "*", SearchOption.AllDirectories).Select(f => $"{Path.GetRelativePath(folder.Input, f)}={File.ReadAllText(f)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Input_Archives_AreUnpackedAndGone()
    {
        store.Objects["b/plain.txt.gz"] = Gzip("zipped"u8.ToArray());
        store.Objects["b/tree.tar"] = Tar("in/tar.txt", "tarred");
        store.Objects["b/tree.tgz"] = Gzip(Tar("in/tgz.txt", "both"));
        store.Objects["b/tree.zip"] = Zip("in/zip.txt", "zip");
        await stager.BringAsync("s3://b/plain.txt.gz|gunzip s3://b/tree.tar|untar s3://b/tree.tgz|untar s3://b/tree.zip|unzip", null, folder, CancellationToken.None);
        Assert.Equal(
            ["in/tar.txt=tarred", "in/tgz.txt=both", "in/zip.txt=zip", "plain.txt=zipped"],
            Directory.EnumerateFiles(folder.Input, "*", SearchOption.AllDirectories).Select(f => $"{Path.GetRelativePath(folder.Input, f)}={File.ReadAllText(f)}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("s3://b/none", "404")]
    [InlineData("s3://b/none/", "nothing below")]
    [InlineData("file:///no/such/file", "no file")]
    [InlineData("gopher://x/y", "'gopher'")]
    [InlineData("relative", "is no URI")]
    [InlineData("file:///x|explode", "no action 'explode'")]
    [InlineData("file:///x|mv:../../etc", "not a relative path")]
    [InlineData("file:///x/|untar", "is for a file")]
    [InlineData("http://127.0.0.1:1/folder/", "cannot be fetched by HTTP")]
    public async Task Input_ThatCannotBe_SaysWhy(string uri, string why)
    {
        StagingException fault = await Assert.ThrowsAsync<StagingException>(() => stager.BringAsync(uri, null, folder, CancellationToken.None));
        Assert.Contains(why, fault.Message);
    }

    [Theory]
    [InlineData("../outside.txt")]
    [InlineData("/tmp/skydriver-outside.txt")]
    public async Task Input_ArchiveThatWritesElsewhere_IsRefused(string name)
    {
        store.Objects["b/evil.tar"] = Tar(name, "evil");
        await Assert.ThrowsAsync<StagingException>(() => stager.BringAsync("s3://b/evil.tar|untar", null, folder, CancellationToken.None));
        Assert.False(File.Exists(Path.Combine(folder.Path, "outside.txt")));
        Assert.False(File.Exists("/tmp/skydriver-outside.txt"));
    }

    [Fact]
    public async Task Input_StoreFailsOnce_IsTriedAgain()
    {
        store.Objects["b/x"] = "x"u8.ToArray();
        store.Faults = 1;
        await stager.BringAsync($"{store.Address}b/x", null, folder, CancellationToken.None);
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(folder.Input, "x")));
    }

    [Fact]
    public async Task Resource_ThatSeveralTasksShare_IsFetchedOnceUntilItChanges()
    {
        store.Objects["b/data"] = "old"u8.ToArray();
        TaskFolder other = new WorkFolder(root).Open(2);
        await Task.WhenAll(
            stager.BringAsync(null, "s3://b/data", folder, CancellationToken.None),
            stager.BringAsync(null, "s3://b/data", other, CancellationToken.None));
        Assert.Equal(("old", "old", 1), (await File.ReadAllTextAsync(Path.Combine(folder.Resource, "data")), await File.ReadAllTextAsync(Path.Combine(other.Resource, "data")), store.Gets));

        store.Objects["b/data"] = "newer"u8.ToArray();
        TaskFolder third = new WorkFolder(root).Open(3);
        await stager.BringAsync(null, "s3://b/data", third, CancellationToken.None);
        // Those that run keep what they began with.
        Assert.Equal(("old", "newer", 2), (await File.ReadAllTextAsync(Path.Combine(folder.Resource, "data")), await File.ReadAllTextAsync(Path.Combine(third.Resource, "data")), store.Gets));
        shared.Forget();
        await stager.BringAsync(null, "s3://b/data", new WorkFolder(root).Open(4), CancellationToken.None);
        Assert.Equal(3, store.Gets);
    }

    [Theory]
    [InlineData("s3://out/deep/")]
    [InlineData("http")]
    public async Task Output_AllThatWasMade_IsBroughtThereDespiteFaults(string target)
    {
        if (target == "http") target = $"{store.Address}out/deep";
        Directory.CreateDirectory(Path.Combine(folder.Output, "sub"));
        for (int i = 0; i < 12; i++) await File.WriteAllTextAsync(Path.Combine(folder.Output, "sub", $"{i:00}"), $"content {i}");
        store.Faults = 3;
        IReadOnlyList<string> made = await stager.TakeAsync(target, folder, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"sub/{i:00}"), made);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"out/deep/sub/{i:00}=content {i}"), store.Objects.Select(o => $"{o.Key}={Encoding.UTF8.GetString(o.Value)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Output_StoreStaysAway_FailsWithItsReason()
    {
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "x"), "x");
        store.Faults = int.MaxValue;
        StagingException fault = await Assert.ThrowsAsync<StagingException>(() => stager.TakeAsync($"{store.Address}out", folder, CancellationToken.None));
        Assert.Contains("1 files could not be brought", fault.Message);
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream zip = new(packed, CompressionLevel.Fastest)) zip.Write(content);
        return packed.ToArray();
    }

    private static byte[] Tar(string name, string content)
    {
        using MemoryStream packed = new();
        using (TarWriter tar = new(packed, leaveOpen: true)) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        return packed.ToArray();
    }

    private static byte[] Zip(string name, string content)
    {
        using MemoryStream packed = new();
        using (ZipArchive zip = new(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using StreamWriter writer = new(zip.CreateEntry(name).Open());
            writer.Write(content);
        }

        return packed.ToArray();
    }
}
