using System.Globalization;

namespace SkyDriver.Sidecar.Bindings.Cron;

/// <summary>One field of a schedule: the values at which it fires.</summary>
/// <param name="Values">Bit n is value n.</param>
/// <param name="IsFree">The field was <c>*</c> or <c>?</c>: it asks for nothing.</param>
internal readonly record struct CronField(ulong Values, bool IsFree)
{
    public bool Has(int value) => (Values >> value & 1) != 0;

    /// <summary>Reads a comma list of <c>*</c>, <c>?</c>, <c>a</c>, <c>a-b</c>, each with a step <c>/n</c> if wanted; <c>a/n</c> goes to the end.</summary>
    /// <param name="names">Words for the values from <paramref name="least"/> on; may be empty.</param>
    /// <exception cref="FormatException">The text is none of these, or a value is out of range.</exception>
    public static CronField Parse(string text, string field, int least, int most, params ReadOnlySpan<string> names)
    {
        ulong values = 0;
        bool free = false;
        foreach (string part in text.Split(','))
        {
            string[] stepped = part.Split('/');
            if (stepped.Length > 2) throw Fault(part, field, "has more than one '/'");
            int step = stepped.Length == 2 ? Number(stepped[1], field, 1, most) : 1;
            bool star = stepped[0] is "*" or "?";
            (int from, int to) = star ? (least, most) : Range(stepped[0], field, least, most, stepped.Length == 2, names);
            free |= star && step == 1;
            for (int value = from; value <= to; value += step) values |= 1UL << value;
        }

        return new(values, free);
    }

    private static (int From, int To) Range(string text, string field, int least, int most, bool open, ReadOnlySpan<string> names)
    {
        string[] ends = text.Split('-');
        if (ends.Length > 2) throw Fault(text, field, "has more than one '-'");
        int from = Value(ends[0], field, least, most, names);
        int to = ends.Length == 2 ? Value(ends[1], field, least, most, names) : open ? most : from;
        return from <= to ? (from, to) : throw Fault(text, field, "ends before it begins");
    }

    private static int Value(string text, string field, int least, int most, ReadOnlySpan<string> names)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Equals(text, StringComparison.OrdinalIgnoreCase)) return least + i;
        }

        return Number(text, field, least, most);
    }

    private static int Number(string text, string field, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Fault(text, field, $"must be from {least} to {most}");

    private static FormatException Fault(string text, string field, string why) => new($"'{text}' in the field {field} {why}");
}
