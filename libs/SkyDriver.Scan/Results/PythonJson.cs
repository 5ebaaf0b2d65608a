using System.Buffers;
using System.Globalization;
using System.Text;

namespace SkyDriver.Scan;

/// <summary>Writes JSON spelled like Python's json module, so that files agree byte for byte with those of the reference.</summary>
/// <remarks>.NET's writer spells floats and escapes differently, and does not indent numbers that are spelled by the caller.</remarks>
internal sealed class PythonJson(IBufferWriter<byte> target, bool indented)
{
    private const int Indent = 4;
    private int _depth;
    private bool _afterValue, _afterName;

    public void Begin(char bracket)
    {
        Separate();
        Put((byte)bracket);
        _depth++;
        _afterValue = false;
    }

    public void End(char bracket)
    {
        _depth--;
        if (_afterValue) NewLine();
        Put((byte)bracket);
        _afterValue = true;
    }

    public void Name(string name)
    {
        Text(name);
        Put((byte)':');
        if (indented) Put((byte)' ');
        _afterName = true;
    }

    public void Value(string text)
    {
        Text(text);
        _afterValue = true;
    }

    public void Value(bool value)
    {
        Separate();
        target.Write(value ? "true"u8 : "false"u8);
        _afterValue = true;
    }

    public void Value(long value)
    {
        Separate();
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        target.Write(text[..length]);
        _afterValue = true;
    }

    /// <param name="value">Finite.</param>
    public void Value(double value)
    {
        Separate();
        Span<byte> text = stackalloc byte[32];
        target.Write(text[..PythonText.Float(value, text)]);
        _afterValue = true;
    }

    private void Text(string text)
    {
        Separate();
        var escaped = new StringBuilder("\"");
        foreach (char c in text)
        {
            escaped.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' or > '~' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        target.Write(Encoding.ASCII.GetBytes(escaped.Append('"').ToString()));
    }

    private void Separate()
    {
        if (_afterName)
        {
            _afterName = false;
            return;
        }

        if (_afterValue) Put((byte)',');
        if (_depth > 0) NewLine();
    }

    private void NewLine()
    {
        if (!indented) return;
        var line = target.GetSpan(1 + Indent * _depth)[..(1 + Indent * _depth)];
        line.Fill((byte)' ');
        line[0] = (byte)'\n';
        target.Advance(line.Length);
    }

    private void Put(byte c)
    {
        target.GetSpan(1)[0] = c;
        target.Advance(1);
    }
}
