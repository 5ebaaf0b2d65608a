using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>All pixels of one nside that the scan asked for. A row never moves; rows of one round are adjacent and ascend by pixel.</summary>
internal sealed class PixelTable(int nside, int variations)
{
    private readonly PixelIndex _index = new();
    private readonly List<RoundStart> _rounds = [];
    private bool _wholeSky;
    private long[] _ipix = [];
    private PixelFit[] _best = [];
    private ulong[] _received = [];
    private byte[] _bestPosvar = [];
    private int[] _savedAt = [];

    /// <summary>First row of a round, and how many pixels the whole scan had saved when it was opened.</summary>
    internal readonly record struct RoundStart(int FirstRow, int SavedBefore);

    public int Nside => nside;

    public int Count { get; private set; }

    public int SavedPixels { get; private set; }

    public long SentVariations => (long)Count * variations;

    public long ReceivedVariations { get; private set; }

    /// <summary>Range of the saved, finite llh; empty (+∞, −∞) before the first.</summary>
    public (double Lowest, double Highest) LlhRange { get; private set; } = (double.PositiveInfinity, double.NegativeInfinity);

    /// <summary>Part of what was sent that is saved, 0 … 1; NaN while nothing is sent.</summary>
    public double Fraction => (double)((long)SavedPixels * variations) / SentVariations;

    public IReadOnlyList<RoundStart> Rounds => _rounds;

    public long Ipix(int row) => _wholeSky ? row : _ipix[row];

    public ref readonly PixelFit Best(int row) => ref _best[row];

    public bool IsSaved(int row) => _savedAt[row] != 0;

    public bool HasReceived(int row, int posvar) => (_received[row] >> posvar & 1) != 0;

    /// <summary>Row of a pixel, or -1 if the scan never asked for it.</summary>
    public int Find(long ipix) =>
        _wholeSky ? ipix >= 0 && ipix < Count ? (int)ipix : -1 : _index.Find(_ipix.AsSpan(0, Count), ipix);

    /// <summary>Adds the pixels of a round: none known yet, ascending.</summary>
    public void Append(IReadOnlyList<long> pixels, int savedBefore)
    {
        _rounds.Add(new(Count, savedBefore));
        _wholeSky = Count == 0 && pixels.Count == Healpix.PixelCount(nside);
        int first = Count;
        Grow(Count + pixels.Count);
        if (!_wholeSky) for (int i = 0; i < pixels.Count; i++) _ipix[first + i] = pixels[i];
        Count += pixels.Count;
        if (!_wholeSky) _index.Add(_ipix.AsSpan(0, Count), first);
    }

    /// <summary>Takes one variation's fit. The caller has made sure that it is a new one.</summary>
    /// <param name="saveNumber">Number the pixel gets if this completes it; counts the scan's saved pixels from 1.</param>
    /// <returns>Whether the pixel is complete now.</returns>
    public bool Accept(int row, int posvar, in PixelFit fit, int saveNumber)
    {
        ref ulong received = ref _received[row];
        if (received == 0 || PixelFit.Better(fit.Llh, posvar, _best[row].Llh, _bestPosvar[row]))
        {
            _best[row] = fit;
            _bestPosvar[row] = (byte)posvar;
        }

        received |= 1UL << posvar;
        ReceivedVariations++;
        if (received != ulong.MaxValue >> (64 - variations)) return false;
        _savedAt[row] = saveNumber;
        SavedPixels++;
        NoteRange(_best[row].Llh);
        return true;
    }

    /// <summary>Whether a pixel was saved when a round was opened that had <paramref name="savedBefore"/> saved pixels to look at.</summary>
    public bool WasSaved(int row, int savedBefore) => _savedAt[row] != 0 && _savedAt[row] <= savedBefore;

    /// <summary>How many pixels of the scan were saved when this row's round was opened.</summary>
    public int SavedBefore(int row)
    {
        int round = _rounds.Count - 1;
        while (_rounds[round].FirstRow > row) round--;
        return _rounds[round].SavedBefore;
    }

    /// <summary>Rows of the saved pixels, ascending by pixel.</summary>
    public int[] SavedRowsByPixel()
    {
        var rows = new int[SavedPixels];
        int n = 0;
        for (int row = 0; row < Count; row++)
        {
            if (IsSaved(row)) rows[n++] = row;
        }

        if (_rounds.Count > 1) Array.Sort(rows, (a, b) => Ipix(a).CompareTo(Ipix(b)));
        return rows;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(_rounds.Count);
        foreach (var round in _rounds) { writer.Write(round.FirstRow); writer.Write(round.SavedBefore); }
        writer.Write(Count);
        writer.Write(_wholeSky);
        if (!_wholeSky) writer.WriteAll<long>(_ipix.AsSpan(0, Count));
        writer.WriteAll<PixelFit>(_best.AsSpan(0, Count));
        writer.WriteAll<ulong>(_received.AsSpan(0, Count));
        writer.WriteAll<byte>(_bestPosvar.AsSpan(0, Count));
        writer.WriteAll<int>(_savedAt.AsSpan(0, Count));
    }

    public void Load(ref StateReader reader)
    {
        for (int n = reader.ReadCount(8); n > 0; n--) _rounds.Add(new(reader.ReadInt32(), reader.ReadInt32()));
        Count = reader.ReadCount(64);
        _wholeSky = reader.ReadBoolean();
        _ipix = _wholeSky ? [] : reader.ReadAll<long>(Count);
        _best = reader.ReadAll<PixelFit>(Count);
        _received = reader.ReadAll<ulong>(Count);
        _bestPosvar = reader.ReadAll<byte>(Count);
        _savedAt = reader.ReadAll<int>(Count);
        if (!_wholeSky) _index.Add(_ipix, 0);
        for (int row = 0; row < Count; row++)
        {
            ReceivedVariations += System.Numerics.BitOperations.PopCount(_received[row]);
            if (!IsSaved(row)) continue;
            SavedPixels++;
            NoteRange(_best[row].Llh);
        }
    }

    private void NoteRange(double llh)
    {
        if (!double.IsNaN(llh)) LlhRange = (Math.Min(LlhRange.Lowest, llh), Math.Max(LlhRange.Highest, llh));
    }

    private void Grow(int needed)
    {
        if (needed <= _best.Length) return;
        int size = _best.Length == 0 ? needed : Math.Max(needed, _best.Length / 32 * 33);
        if (!_wholeSky) Array.Resize(ref _ipix, size);
        Array.Resize(ref _best, size);
        Array.Resize(ref _received, size);
        Array.Resize(ref _bestPosvar, size);
        Array.Resize(ref _savedAt, size);
    }
}
