using System.Text;

namespace SkyDriver.IceCube.Tests.Hostile;

public class PickleTests
{
    [Theory]   // what Python would run or look up; none of it is a frame
    [InlineData("cos\nsystem\n(S'id'\ntR.")]
    [InlineData("\u0080\u0002cbuiltins\neval\nq\u0001X\u0002\0\0\0id\u0085R.")]
    [InlineData("\u0080\u0004\u008C\u0005posix\u008C\u0006system\u0093\u008C\u0002id\u0085R.")]
    [InlineData("\u0080\u0002cicecube.icetray\nI3FrameX\n")]
    [InlineData("\u0080\u0002cicecube.icetray\nI3Frame\n)R}q\u0001(U\u0001aK\u0001u.")]
    [InlineData("\u0080\u0002cicecube.icetray\nI3Frame\n)R}c_codecs\ndecode\nX\0\0\0\0X\u0006\0\0\0latin1\u0086R\u0086b.")]
    [InlineData("\u0080\u0002cicecube.icetray\nI3Frame\n)R}c_codecs\nencode\nX\0\0\0\0X\u0005\0\0\0utf-8\u0086R\u0086b.")]
    [InlineData("\u0080\u0005cicecube.icetray\nI3Frame\n)R}U\0\u0086b.")]
    [InlineData("\u0080\u0002")]
    [InlineData("")]
    public void Read_OtherPickles_AreRefusedUnexecuted(string latin1)
    {
        byte[] pickle = Encoding.Latin1.GetBytes(latin1);
        if (pickle.Length > 0) Assert.Equal("pickle of frame Q", MessageKit.Refused(new MessageKit().BuildWithPickle(MessageKit.Q, pickle)).Layer);
        else Assert.True(MessageKit.Refused(new MessageKit().BuildWithPickle(MessageKit.Q, pickle)).Offset >= 0);
    }

    [Fact]
    public void Read_AnyOpcodeAnywhereInTheFrame_IsRefusedOrHarmless()
    {
        var kit = new MessageKit();
        byte[] blob = kit.Blob(0);
        int read = 0;
        foreach (byte[] pickle in new[] { Envelope.PickleWalker.Wrap(blob), MessageKit.FormB(blob), MessageKit.FormC(blob) })
        {
            int[] places = [.. Enumerable.Range(0, pickle.Length).Where(place => place < 75 || place > pickle.Length - 30)];
            foreach (int place in places)
            {
                for (int opcode = 0; opcode < 256; opcode += place % 7 + 1)
                {
                    byte[] changed = [.. pickle];
                    changed[place] = (byte)opcode;
                    if (Walks(changed)) read++;
                }
            }
        }

        Assert.True(read > 0);   // memo numbers may be anything

        static bool Walks(byte[] pickle)
        {
            try
            {
                Envelope.PickleWalker.FindBlob(pickle, 'G');
                return true;
            }
            catch (EventFormatException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void FindBlob_CutAnywhere_IsRefused()
    {
        byte[] blob = new MessageKit().Blob(0);
        foreach (byte[] pickle in new[] { Envelope.PickleWalker.Wrap(blob), MessageKit.FormB(blob), MessageKit.FormC(blob) })
            for (int length = 0; length < pickle.Length; length++)
                Assert.Throws<EventFormatException>(() => Envelope.PickleWalker.FindBlob(pickle[..length], 'G'));
    }

    [Fact]
    public void FindBlob_BytesBehindTheEnd_AreRefused() =>
        Assert.Throws<EventFormatException>(() => Envelope.PickleWalker.FindBlob((byte[])[.. Envelope.PickleWalker.Wrap([1, 2]), 0], 'G'));

    [Fact]
    public void FindBlob_EndlessMemo_IsRefused()
    {
        byte[] pickle = [0x80, 2, .. Enumerable.Repeat((byte)0x94, 1000)];
        Assert.Contains("64 opcodes", Assert.Throws<EventFormatException>(() => Envelope.PickleWalker.FindBlob(pickle, 'G')).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xC2 })]          // cut
    [InlineData(new byte[] { 0x80 })]          // no lead
    [InlineData(new byte[] { 0xC0, 0x80 })]    // overlong
    [InlineData(new byte[] { 0xC4, 0x80 })]    // U+0100
    [InlineData(new byte[] { 0xC3, 0x41 })]    // no continuation
    [InlineData(new byte[] { 0xE2, 0x82, 0xAC })]
    public void FindBlob_TextThatIsNotLatin1_IsRefused(byte[] text)
    {
        byte[] pickle = MessageKit.FormB(Encoding.Latin1.GetBytes("AAAA"));
        int start = pickle.AsSpan().IndexOf("AAAA"u8);
        byte[] changed = [.. pickle[..(start - 4)], .. BitConverter.GetBytes(text.Length), .. text, .. pickle[(start + 4)..]];
        Assert.Contains("U+00FF", Assert.Throws<EventFormatException>(() => Envelope.PickleWalker.FindBlob(changed, 'G')).Message, StringComparison.Ordinal);
    }

    [Fact]   // every byte value, through the UTF-8 doubling of messages since 2023
    public void FindBlob_AllByteValues_SurviveTheTextForm()
    {
        byte[] blob = [.. Enumerable.Range(0, 512).Select(i => (byte)(i & 0xFF))];
        Assert.Equal(blob, Envelope.PickleWalker.FindBlob(MessageKit.FormB(blob), 'G').ToArray());
    }
}
