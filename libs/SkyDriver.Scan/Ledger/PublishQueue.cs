namespace SkyDriver.Scan;

/// <summary>Variations that wait to be published: those to publish again first, then round by round in a scattered order.</summary>
/// <remarks>
/// The order within a round is shuffled, so that a part of it is a fair sample of the sky (predictive scanning relies on that, and a partial
/// map shows something everywhere); the variations of one pixel stay together. The shuffle depends on the round alone.
/// </remarks>
internal sealed class PublishQueue(int variations)
{
    private readonly Queue<VariationKey> _again = new();
    private readonly Queue<Wave> _waves = new();

    /// <summary>How many are left, counting those that were answered meanwhile and will be passed over.</summary>
    public long Count { get; private set; }

    public void Add(int step, int firstRow, int pixels)
    {
        _waves.Enqueue(new Wave(step, firstRow, Shuffled(step, firstRow, pixels)));
        Count += (long)pixels * variations;
    }

    public void AddAgain(VariationKey key)
    {
        _again.Enqueue(key);
        Count++;
    }

    public bool TryNext(out VariationKey key)
    {
        key = default;
        if (Count == 0) return false;
        Count--;
        if (_again.TryDequeue(out key)) return true;
        Wave wave = _waves.Peek();
        key = new(wave.Step, wave.FirstRow + wave.Order[wave.Pixel], wave.Posvar);
        if (++wave.Posvar == variations)
        {
            wave.Posvar = 0;
            if (++wave.Pixel == wave.Order.Length) _waves.Dequeue();
        }

        return true;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(_again.Count);
        foreach (var key in _again) writer.Write(key.Value);
        writer.Write(_waves.Count);
        foreach (Wave wave in _waves)
        {
            writer.Write(wave.Step);
            writer.Write(wave.FirstRow);
            writer.Write(wave.Order.Length);
            writer.Write(wave.Pixel);
            writer.Write(wave.Posvar);
        }
    }

    public void Load(ref StateReader reader)
    {
        for (int n = reader.ReadCount(8); n > 0; n--) AddAgain(new(reader.ReadInt64()));
        for (int n = reader.ReadCount(20); n > 0; n--)
        {
            int step = reader.ReadInt32(), firstRow = reader.ReadInt32(), pixels = reader.ReadInt32();
            var wave = new Wave(step, firstRow, Shuffled(step, firstRow, pixels)) { Pixel = reader.ReadInt32(), Posvar = reader.ReadInt32() };
            _waves.Enqueue(wave);
            Count += (long)(pixels - wave.Pixel) * variations - wave.Posvar;
        }
    }

    private static int[] Shuffled(int step, int firstRow, int pixels)
    {
        var order = new int[pixels];
        for (int i = 0; i < pixels; i++) order[i] = i;
        ulong state = ((ulong)step << 32) ^ (uint)firstRow;
        for (int i = pixels - 1; i > 0; i--)
        {
            int other = (int)(SplitMix(ref state) % ((ulong)i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".</summary>
    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    private sealed class Wave(int step, int firstRow, int[] order)
    {
        public int Step => step;

        public int FirstRow => firstRow;

        public int[] Order => order;

        public int Pixel { get; set; }

        public int Posvar { get; set; }
    }
}
