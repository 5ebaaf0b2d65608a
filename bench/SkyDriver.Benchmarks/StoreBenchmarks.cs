using BenchmarkDotNet.Attributes;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Benchmarks;

/// <summary>State stores within one process, without the API around them; values of 100 bytes, 1,000 keys.</summary>
[InProcess]
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Keys = 1000, AtOnce = 32;
    private readonly string _folder = Directory.CreateTempSubdirectory("store-bench-").FullName;
    private readonly byte[] _value = new byte[100];
    private readonly string[] _keys = [.. Enumerable.Range(0, Keys).Select(i => $"app||key{i}")];
    private IStateStore _store = null!;
    private int _next;

    [Params("memory", "sqlite")]
    public string Store { get; set; } = "";

    [GlobalSetup]
    public async Task Prepare()
    {
        _store = Store is "memory"
            ? new InMemoryStateStore(TimeProvider.System)
            : new SqliteStateStore(new SqliteSettings { ConnectionString = $"Data Source={Path.Combine(_folder, "state.db")};Pooling=False" }, TimeProvider.System);
        await _store.ApplyAsync([.. _keys.Select(Put)], default);
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public Task Get() => GetAsync();

    [Benchmark(OperationsPerInvoke = AtOnce)]
    public Task Get32AtOnce() => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(GetAsync)));

    [Benchmark]
    public Task Set() => SetAsync();

    [Benchmark(OperationsPerInvoke = AtOnce)]
    public Task Set32AtOnce() => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SetAsync()));

    [Benchmark]
    public Task TransactionOf10() => _store.ApplyAsync([.. Enumerable.Range(0, 10).Select(_ => Put(Key()))], default);

    private Task<StateRecord?> GetAsync() => _store.GetAsync(Key(), default);

    private Task SetAsync() => _store.ApplyAsync([Put(Key())], default);

    private StateOperation Put(string key) => new(StateOperationKind.Upsert, key, _value);

    private string Key() => _keys[(uint)Interlocked.Increment(ref _next) % Keys];
}
