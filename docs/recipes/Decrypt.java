import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Decrypts an object of format V3 under an AES keyring, with nothing but the JDK (11 or later).
 *
 * <p>Usage: java Decrypt.java WRAPPING_KEY X_AMZ_3 X_AMZ_D X_AMZ_I &lt; OBJECT &gt; CONTENT (all four in base64)
 */
public final class Decrypt {
  static byte[] decrypt(byte[] wrappingKey, Map<String, String> metadata, byte[] body)
      throws GeneralSecurityException {
    byte[] wrapped = Base64.getDecoder().decode(metadata.get("x-amz-3"));
    byte[] dataKey = gcm(wrappingKey, wrapped, 0, 12, wrapped, 12, "115".getBytes());
    byte[] extracted = hmac(Base64.getDecoder().decode(metadata.get("x-amz-i")), dataKey);
    byte[] commitment = expand(extracted, "COMMITKEY", 28);
    if (!MessageDigest.isEqual(commitment, Base64.getDecoder().decode(metadata.get("x-amz-d")))) {
      throw new GeneralSecurityException("the object commits to another key");
    }
    byte[] iv = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return gcm(expand(extracted, "DERIVEKEY", 32), iv, 0, 12, body, 0, new byte[] {0, 0x73});
  }

  /** One block of HKDF-SHA512 is longer than either key. */
  private static byte[] expand(byte[] extracted, String label, int length) throws GeneralSecurityException {
    byte[] info = ("\0s" + label + "\1").getBytes();
    return Arrays.copyOf(hmac(extracted, info), length);
  }

  private static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA512");
    mac.init(new SecretKeySpec(key, "HmacSHA512"));
    return mac.doFinal(message);
  }

  private static byte[] gcm(
      byte[] key, byte[] ivIn, int ivAt, int ivLength, byte[] sealed, int at, byte[] additional)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    GCMParameterSpec iv = new GCMParameterSpec(128, ivIn, ivAt, ivLength);
    cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), iv);
    cipher.updateAAD(additional);
    return cipher.doFinal(sealed, at, sealed.length - at);
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> metadata =
        Map.of("x-amz-3", arguments[1], "x-amz-d", arguments[2], "x-amz-i", arguments[3]);
    byte[] key = Base64.getDecoder().decode(arguments[0]);
    System.out.write(decrypt(key, metadata, System.in.readAllBytes()));
    System.out.flush();
  }
}
