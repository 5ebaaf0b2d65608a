using System.Globalization;
using System.Text;

namespace SkyDriver.Products.Fits;

/// <summary>The cards of one header, in order (FITS standard 4.0, section 4). Keywords longer than eight letters are written by the
/// HIERARCH convention, as astropy does.</summary>
internal sealed class FitsHeader
{
    public const int CardLength = 80, BlockLength = 2880;
    private const int LongestText = 68;
    private readonly StringBuilder _cards = new();

    /// <summary>Text; cut after what fits on a card (66 characters and more, by the keyword).</summary>
    public FitsHeader Add(string keyword, string value, string comment)
    {
        string plain = new([.. value.Select(c => c is >= ' ' and <= '~' ? c : '?')]);
        int room = LongestText - (keyword.Length <= 8 ? 0 : keyword.Length + 2);
        while (plain.Replace("'", "''").Length > room) plain = plain[..^1];
        return Card(keyword, $"'{plain.Replace("'", "''"),-8}'", comment);
    }

    public FitsHeader Add(string keyword, long value, string comment) => Card(keyword, value.ToString(CultureInfo.InvariantCulture).PadLeft(20), comment);

    public FitsHeader Add(string keyword, bool value, string comment) => Card(keyword, (value ? "T" : "F").PadLeft(20), comment);

    /// <param name="value">Finite; a header has no word for other numbers, so those are left out.</param>
    public FitsHeader Add(string keyword, double value, string comment)
    {
        if (!double.IsFinite(value)) return this;
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return Card(keyword, (text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text).PadLeft(20), comment);
    }

    /// <summary>Words of any length, on as many HISTORY cards as they need.</summary>
    public FitsHeader AddHistory(string text)
    {
        foreach (char[] line in new string([.. text.Select(c => c is >= ' ' and <= '~' ? c : '?')]).Chunk(CardLength - 8)) Append("HISTORY " + new string(line));
        return this;
    }

    /// <summary>With its END, in whole blocks.</summary>
    public byte[] ToBytes()
    {
        string text = _cards + "END".PadRight(CardLength);
        return Encoding.ASCII.GetBytes(text.PadRight((text.Length + BlockLength - 1) / BlockLength * BlockLength));
    }

    private FitsHeader Card(string keyword, string value, string comment)
    {
        string card = keyword.Length <= 8 ? $"{keyword,-8}= {value}" : $"HIERARCH {keyword} = {value.TrimStart()}";
        // A comment is for people; where there is no room for it whole, it is left out.
        Append(comment.Length > 0 && card.Length + 3 + comment.Length <= CardLength ? $"{card} / {comment}" : card);
        return this;
    }

    private void Append(string card) => _cards.Append(card.PadRight(CardLength));
}
