using System.Runtime.CompilerServices;
using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>Rows of several batches as one JSON list in the order of their ids. Read in pages, so that memory does not grow with the list.</summary>
internal sealed class MergedPages<T>(Func<T, long> idOf, bool isDescending = false)
{
    /// <summary>Rows held at once, over all batches.</summary>
    private const int MaxHeld = 4000;
    private const int LargestPage = 1000;
    private const int AtOnce = 16;

    private readonly List<Source> _sources = [];

    /// <summary>Most rows of a page; 1 to 1000.</summary>
    public int PageSize { get; init; } = LargestPage;

    /// <summary>A page of a batch that is gone by now is empty.</summary>
    /// <param name="read">The rows after an id, so many of them, and the id to read on after.</param>
    public void Add(Func<long, int, Task<FleetAnswer<(IReadOnlyList<T> Rows, long? Next)>>> read) => _sources.Add(new(read));

    /// <param name="limit">Rows in all; null for no limit.</param>
    /// <exception cref="ApiException">A batch refuses to list.</exception>
    public async Task<IResult> AnswerAsync(long after, int? limit, CancellationToken cancellationToken)
    {
        int size = Math.Clamp(MaxHeld / Math.Max(1, _sources.Count), 10, PageSize);
        if (limit < size) size = limit.Value;
        // The first pages before the answer begins, so that a fault still has a status of its own.
        foreach (Source[] some in _sources.Chunk(AtOnce)) await Task.WhenAll(some.Select(source => source.ReadAsync(after, size)));
        return Results.Stream(body => JsonSerializer.SerializeAsync(body, MergeAsync(size, limit ?? int.MaxValue, cancellationToken), ContractJson.Options, cancellationToken), Answers.Json);
    }

    private async IAsyncEnumerable<T> MergeAsync(int size, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PriorityQueue<Source, long> heads = new();
        foreach (Source source in _sources) Put(heads, source);
        for (int count = 0; count < limit && heads.TryDequeue(out Source? source, out _); count++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return source.Take();
            if (source is { IsEmpty: true, Next: { } next } && count + 1 < limit) await source.ReadAsync(next, size);
            Put(heads, source);
        }
    }

    private void Put(PriorityQueue<Source, long> heads, Source source)
    {
        if (source.IsEmpty) return;
        long id = idOf(source.Head);
        heads.Enqueue(source, isDescending ? -id : id);
    }

    private sealed class Source(Func<long, int, Task<FleetAnswer<(IReadOnlyList<T> Rows, long? Next)>>> read)
    {
        private IReadOnlyList<T> _rows = [];
        private int _taken;

        public long? Next { get; private set; }

        public bool IsEmpty => _taken == _rows.Count;

        public T Head => _rows[_taken];

        public T Take() => _rows[_taken++];

        public async Task ReadAsync(long after, int size)
        {
            FleetAnswer<(IReadOnlyList<T> Rows, long? Next)> answer = await read(after, size);
            (_rows, Next) = answer.Status == StatusCodes.Status404NotFound ? ([], null) : FleetRoutes.Value(answer);
            _taken = 0;
            // A filter may match nothing for a while.
            while (_rows.Count == 0 && Next is { } next) (_rows, Next) = FleetRoutes.Value(await read(next, size));
        }
    }
}
