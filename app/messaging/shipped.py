"""The wordings every installation starts with. A shop changes them by publishing new versions, never here."""

from __future__ import annotations

from app.core.i18n import Text3
from app.messaging.kinds import Kind
from app.messaging.models import Reach

TWO, ONE = Reach.TWO_WAY, Reach.ONE_WAY
VISIT, DELIVERY, CALL, ANY = "home_visit", "delivery", "callback", ""


def _text(hans: str, hant: str, en: str) -> Text3:
    return {"zh_Hans": f"【{{shop}}】{hans}", "zh_Hant": f"【{{shop}}】{hant}", "en": f"{{shop}}: {en}"}


SHIPPED: dict[tuple[Kind, str, Reach], Text3] = {
    (Kind.BOOKED, VISIT, TWO): _text(
        "{name}您好，{who}{day}{time}上门看望您。方便请回1，想改时间请回2。 {link}",
        "{name}您好，{who}{day}{time}上門探望您。方便請回1，想改時間請回2。 {link}",
        "Hi {name}, {who} will visit you on {day}, {time}. Reply 1 for yes, 2 to change. {link}",
    ),
    (Kind.BOOKED, VISIT, ONE): _text(
        "{name}您好，{who}{day}{time}上门看望您。想改时间请致电{phone}。",
        "{name}您好，{who}{day}{time}上門探望您。想改時間請致電{phone}。",
        "Hi {name}, {who} will visit you on {day}, {time}. For another time please call {phone}.",
    ),
    (Kind.BOOKED, DELIVERY, TWO): _text(
        "{name}您好，{who}{day}{time}{what}。方便请回1，想改时间请回2。 {link}",
        "{name}您好，{who}{day}{time}{what}。方便請回1，想改時間請回2。 {link}",
        "Hi {name}, {who} will {what} on {day}, {time}. Reply 1 for yes, 2 to change. {link}",
    ),
    (Kind.BOOKED, DELIVERY, ONE): _text(
        "{name}您好，{who}{day}{time}{what}。想改时间请致电{phone}。",
        "{name}您好，{who}{day}{time}{what}。想改時間請致電{phone}。",
        "Hi {name}, {who} will {what} on {day}, {time}. For another time please call {phone}.",
    ),
    (Kind.BOOKED, CALL, TWO): _text(
        "{name}您好，{who}{day}{time}给您打个电话问候。方便请回1，想改时间请回2。",
        "{name}您好，{who}{day}{time}致電問候您。方便請回1，想改時間請回2。",
        "Hi {name}, {who} will call you on {day}, {time}. Reply 1 if that suits you, 2 for another time.",
    ),
    (Kind.BOOKED, CALL, ONE): _text(
        "{name}您好，{who}{day}{time}给您打个电话问候。想改时间请致电{phone}。",
        "{name}您好，{who}{day}{time}致電問候您。想改時間請致電{phone}。",
        "Hi {name}, {who} will call you on {day}, {time}. For another time please call {phone}.",
    ),
    (Kind.CHANGED, ANY, TWO): _text(
        "{name}您好，给您的预约改到{day}{time}，由{who}负责。可以请回1，不便请回2。",
        "{name}您好，您的預約改到{day}{time}，由{who}負責。可以請回1，不便請回2。",
        "Hi {name}, your appointment moved to {day}, {time}, with {who}. Reply 1 if that suits you, 2 if not.",
    ),
    (Kind.CHANGED, ANY, ONE): _text(
        "{name}您好，给您的预约改到{day}{time}，由{who}负责。不便请致电{phone}。",
        "{name}您好，您的預約改到{day}{time}，由{who}負責。不便請致電{phone}。",
        "Hi {name}, your appointment moved to {day}, {time}, with {who}. If that does not suit you, call {phone}.",
    ),
    (Kind.CANCELLED, ANY, TWO): _text(
        "{name}您好，{day}{time}的预约已取消。有需要直接回复我们就好。",
        "{name}您好，{day}{time}的預約已取消。有需要直接回覆我們便可。",
        "Hi {name}, your appointment on {day}, {time} is off. Just answer this text if you need anything.",
    ),
    (Kind.CANCELLED, ANY, ONE): _text(
        "{name}您好，{day}{time}的预约已取消。有需要请致电{phone}。",
        "{name}您好，{day}{time}的預約已取消。有需要請致電{phone}。",
        "Hi {name}, your appointment on {day}, {time} is off. Please call {phone} if you need anything.",
    ),
    (Kind.REMINDER, VISIT, TWO): _text(
        "{name}您好，提醒您{who}{day}{time}上门。方便请回1，想改时间请回2。",
        "{name}您好，提提您{who}{day}{time}上門。方便請回1，想改時間請回2。",
        "Hi {name}, a reminder: {who} visits you on {day}, {time}. Reply 1 if that suits you, 2 for another time.",
    ),
    (Kind.REMINDER, VISIT, ONE): _text(
        "{name}您好，提醒您{who}{day}{time}上门。想改时间请致电{phone}。",
        "{name}您好，提提您{who}{day}{time}上門。想改時間請致電{phone}。",
        "Hi {name}, a reminder: {who} visits you on {day}, {time}. For another time please call {phone}.",
    ),
    (Kind.REMINDER, DELIVERY, TWO): _text(
        "{name}您好，提醒您{who}{day}{time}{what}。方便请回1，想改时间请回2。",
        "{name}您好，提提您{who}{day}{time}{what}。方便請回1，想改時間請回2。",
        "Hi {name}, a reminder: {who} will {what} on {day}, {time}. Reply 1 if that suits you, 2 for another time.",
    ),
    (Kind.REMINDER, DELIVERY, ONE): _text(
        "{name}您好，提醒您{who}{day}{time}{what}。想改时间请致电{phone}。",
        "{name}您好，提提您{who}{day}{time}{what}。想改時間請致電{phone}。",
        "Hi {name}, a reminder: {who} will {what} on {day}, {time}. For another time please call {phone}.",
    ),
    (Kind.ON_THE_WAY, ANY, TWO): _text(
        "{name}您好，{who}已经出发，大约{eta}到您家。",
        "{name}您好，{who}已經出發，大約{eta}到府上。",
        "Hi {name}, {who} is on the way and should be with you at about {eta}.",
    ),
    (Kind.ON_THE_WAY, ANY, ONE): _text(
        "{name}您好，{who}已经出发，大约{eta}到您家。有事请致电{phone}。",
        "{name}您好，{who}已經出發，大約{eta}到府上。有事請致電{phone}。",
        "Hi {name}, {who} is on the way and should be with you at about {eta}. Questions? Call {phone}.",
    ),
    (Kind.LATE, ANY, TWO): _text(
        "{name}抱歉，{who}路上耽误了，大约{eta}到。谢谢您等我们。",
        "{name}抱歉，{who}路上耽誤了，大約{eta}到。多謝您等候。",
        "Hi {name}, sorry, {who} is running late and should arrive at about {eta}. Thank you for waiting.",
    ),
    (Kind.LATE, ANY, ONE): _text(
        "{name}抱歉，{who}路上耽误了，大约{eta}到。有事请致电{phone}。",
        "{name}抱歉，{who}路上耽誤了，大約{eta}到。有事請致電{phone}。",
        "Hi {name}, sorry, {who} is running late and should arrive at about {eta}. Questions? Call {phone}.",
    ),
    (Kind.DOOR_CODE, ANY, TWO): _text(
        "{who}到门口时，请读出核对码{code}，确认是我们的人。",
        "{who}到門口時，請讀出核對碼{code}，確認是我們的同事。",
        "When {who} is at your door, please read out the code {code}, so that you both know it is right.",
    ),
    (Kind.DOOR_CODE, ANY, ONE): _text(
        "{who}到门口时，请读出核对码{code}，确认是我们的人。",
        "{who}到門口時，請讀出核對碼{code}，確認是我們的同事。",
        "When {who} is at your door, please read out the code {code}, so that you both know it is right.",
    ),
    (Kind.RATING, ANY, TWO): _text(
        "{name}，谢谢您。{who}这次的服务您给几分？请回1至5，5分最满意。",
        "{name}，多謝您。{who}今次的服務您給幾分？請回1至5，5分最滿意。",
        "Thank you, {name}! How was {who}'s service? Reply with a number from 1 to 5, where 5 is best.",
    ),
    (Kind.DONE, ANY, TWO): _text(
        "{name}，谢谢您。用着有什么不顺心，直接回复我们，一定跟进。",
        "{name}，多謝您。用後有任何問題，直接回覆我們，一定跟進。",
        "Thank you, {name}! If anything is not right, just answer this text and we will see to it.",
    ),
    (Kind.DONE, ANY, ONE): _text(
        "{name}，谢谢您。用着有什么不顺心，请致电{phone}，我们一定跟进。",
        "{name}，多謝您。用後有任何問題，請致電{phone}，我們一定跟進。",
        "Thank you, {name}! If anything is not right, call {phone} and we will see to it.",
    ),
    (Kind.PARTLY_DONE, ANY, TWO): _text(
        "{name}，谢谢您。还有一部分没办完，我们会尽快约您补上，抱歉让您多等。",
        "{name}，多謝您。還有一部分未完成，我們會盡快約您補上，抱歉要您多等。",
        "Thank you, {name}! A part is still open. We are sorry and will arrange the rest with you soon.",
    ),
    (Kind.PARTLY_DONE, ANY, ONE): _text(
        "{name}，谢谢您。还有一部分没办完，我们会尽快约您补上。有事请致电{phone}。",
        "{name}，多謝您。還有一部分未完成，我們會盡快約您補上。有事請致電{phone}。",
        "Thank you, {name}! A part is still open; we will arrange the rest with you soon. Questions? Call {phone}.",
    ),
    (Kind.COULD_NOT_MEET, ANY, TWO): _text(
        "{name}您好，{who}这次没能为您办好，很抱歉。我们会再约您，也可直接回复合适的时间。 {link}",
        "{name}您好，{who}今次未能為您辦妥，很抱歉。我們會再約您，亦可直接回覆合適時間。 {link}",
        "Hi {name}, sorry that {who} could not finish. We will arrange a new time, or answer with yours. {link}",
    ),
    (Kind.COULD_NOT_MEET, ANY, ONE): _text(
        "{name}您好，{who}这次没能为您办好，很抱歉。我们会再约您，也可致电{phone}。",
        "{name}您好，{who}今次未能為您辦妥，很抱歉。我們會再約您，亦可致電{phone}。",
        "Hi {name}, sorry that {who} could not finish this time. We will arrange a new time, or call {phone}.",
    ),
    (Kind.COULD_NOT_MEET, CALL, TWO): _text(
        "{name}您好，{who}刚才给您打电话没有接通。方便时直接回复，我们再打给您。",
        "{name}您好，{who}剛才致電您未能接通。方便時直接回覆，我們再致電。",
        "Hi {name}, {who} tried to call you. Just answer with a good time and we will call again.",
    ),
    (Kind.COULD_NOT_MEET, CALL, ONE): _text(
        "{name}您好，{who}刚才给您打电话没有接通。方便时请致电{phone}，或等我们再打来。",
        "{name}您好，{who}剛才致電您未能接通。方便時請致電{phone}，或等我們再致電。",
        "Hi {name}, {who} tried to call you and will try again. You can also reach us at {phone}.",
    ),
    (Kind.CONFIRMED, ANY, TWO): _text(
        "好的，{day}{time}见，谢谢{name}。",
        "好的，{day}{time}見，多謝{name}。",
        "Thank you, {name}. See you on {day}, {time}.",
    ),
    (Kind.CONFIRMED, ANY, ONE): _text(
        "好的，{day}{time}见，谢谢{name}。",
        "好的，{day}{time}見，多謝{name}。",
        "Thank you, {name}. See you on {day}, {time}.",
    ),
    (Kind.CONFIRMED, CALL, TWO): _text(
        "好的，{day}{time}给您打电话，谢谢{name}。",
        "好的，{day}{time}致電您，多謝{name}。",
        "Thank you, {name}. We will call you on {day}, {time}.",
    ),
    (Kind.SLOTS, ANY, TWO): _text(
        "没问题。两个时间供您选：1. {slot1} 2. {slot2}。请回1或2，都不合适请回3。",
        "沒問題。兩個時間供您選：1. {slot1} 2. {slot2}。請回1或2，都不合適請回3。",
        "No problem! 1: {slot1}. 2: {slot2}. Reply 1 or 2, or 3 if neither suits you.",
    ),
    (Kind.FREE_CHOICE, ANY, TWO): _text(
        "没关系，请在这里选您方便的时间：{link}，或等我们联系您。",
        "沒關係，請在這裡選您方便的時間：{link}，或等我們聯絡您。",
        "No problem. Choose a time that suits you here: {link} or wait for our call.",
    ),
    (Kind.WHICH_ONE, ANY, TWO): _text(
        "{name}，请问您说的是哪一项？{options}。请回前面的两位数字。",
        "{name}，請問您說的是哪一項？{options}。請回前面的兩位數字。",
        "{name}, which one do you mean? {options}. Please reply with the 2 digits in front.",
    ),
    (Kind.CARE, ANY, TWO): _text(
        "{name}您好，近来用得还顺手吗？有任何需要，直接回复我们就好，我们都在。",
        "{name}您好，近來用得還順心嗎？有任何需要，直接回覆我們便可，我們都在。",
        "Hi {name}, we hope all is well with what you have from us. If you need anything, just answer this text.",
    ),
    (Kind.CARE, ANY, ONE): _text(
        "{name}您好，近来用得还顺手吗？有任何需要，请致电{phone}，我们都在。",
        "{name}您好，近來用得還順心嗎？有任何需要，請致電{phone}，我們都在。",
        "Hi {name}, we hope all is well with what you have from us. If you need anything, call {phone}.",
    ),
    (Kind.REORDER, ANY, TWO): _text(
        "{name}您好，{goods}快用完了。要给您送来请回1，暂时不需要请回2。",
        "{name}您好，{goods}快用完了。要為您送來請回1，暫時不需要請回2。",
        "Hi {name}, you will soon run out of {goods}. Reply 1 and we bring it to you, 2 for not now.",
    ),
    (Kind.REORDER, ANY, ONE): _text(
        "{name}您好，{goods}快用完了。需要给您送来，请致电{phone}。",
        "{name}您好，{goods}快用完了。需要為您送來，請致電{phone}。",
        "Hi {name}, you will soon run out of {goods}. Call {phone} and we bring it to you.",
    ),
    (Kind.NOT_NOW, ANY, TWO): _text(
        "好的，{name}，这次就不送了。以后需要，随时回复我们。",
        "好的，{name}，今次就不送了。日後需要，隨時回覆我們。",
        "All right, {name}, we will not bring it this time. Whenever you need it, just answer us.",
    ),
    (Kind.COMPLAINT_HEARD, ANY, TWO): _text(
        "{name}，抱歉让您不满意。您的话我们记下了，{who}会尽快打电话给您。",
        "{name}，抱歉令您不滿意。您的話我們記下了，{who}會盡快致電您。",
        "Hi {name}, we are sorry. We have heard you, and {who} will call you soon to put it right.",
    ),
    (Kind.COMPLAINT_HEARD, ANY, ONE): _text(
        "{name}，抱歉让您不满意。您的话我们记下了，{who}会尽快打给您，或致电{phone}。",
        "{name}，抱歉令您不滿意。您的話我們記下了，{who}會盡快致電您，或致電{phone}。",
        "Hi {name}, we are sorry. We have heard you, and {who} will call you soon. You can also call {phone}.",
    ),
    (Kind.COMPLAINT_REMEDY, ANY, TWO): _text(
        "{name}，您反映的事我们处理了。现在妥当了吗？妥当请回1，还没有请回2。",
        "{name}，您反映的事我們處理了。現在妥當了嗎？妥當請回1，還未請回2。",
        "Hi {name}, we have seen to your complaint. Is it put right now? Reply 1 if it is, 2 if it is not.",
    ),
    (Kind.COMPLAINT_REMEDY, ANY, ONE): _text(
        "{name}，您反映的事我们处理了。若还有不妥，请致电{phone}，我们再跟进。",
        "{name}，您反映的事我們處理了。若仍有不妥，請致電{phone}，我們再跟進。",
        "Hi {name}, we have seen to your complaint. If it is not put right yet, please call {phone}.",
    ),
    (Kind.HAND_OVER, ANY, TWO): _text(
        "{name}您好，{period}由{who}接替{former}照顾您。可以请回1，想换人请回2。",
        "{name}您好，{period}由{who}接替{former}照顧您。可以請回1，想換人請回2。",
        "Hi {name}, {who} looks after you {period} in place of {former}. Reply 1 if that is fine, 2 for somebody else.",
    ),
    (Kind.HAND_OVER, ANY, ONE): _text(
        "{name}您好，{period}由{who}接替{former}照顾您。想换人请致电{phone}。",
        "{name}您好，{period}由{who}接替{former}照顧您。想換人請致電{phone}。",
        "Hi {name}, {who} looks after you {period} in place of {former}. For somebody else please call {phone}.",
    ),
    (Kind.WORK, ANY, TWO): _text(
        "工作有变动。{changes}。请打开应用查看。",
        "工作有變動。{changes}。請打開應用程式查看。",
        "Your work has changed. {changes}. Please open the app.",
    ),
    (Kind.WORK, ANY, ONE): _text(
        "工作有变动。{changes}。请打开应用查看。",
        "工作有變動。{changes}。請打開應用程式查看。",
        "Your work has changed. {changes}. Please open the app.",
    ),
    (Kind.HELP, ANY, TWO): _text(
        "{name}您好，这是门店的服务短信。有事直接回复，或致电{phone}。",
        "{name}您好，這是門店的服務短訊。有事直接回覆，或致電{phone}。",
        "Hi {name}, these are service texts of your store. Just answer, or call {phone}.",
    ),
    (Kind.HELP, ANY, ONE): _text(
        "{name}您好，这是门店的服务短信。有事请致电{phone}。",
        "{name}您好，這是門店的服務短訊。有事請致電{phone}。",
        "Hi {name}, these are service texts of your store. Please call {phone}.",
    ),
}
